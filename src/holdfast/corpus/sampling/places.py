"""Where a sampled row stands in its file: by its line where the lines before it were read, else by the byte at which it begins."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.corpus.sources.line_blocks import line_starts
from holdfast.corpus.sources.opening import open_file
from holdfast.corpus.sources.reader import Tally
from holdfast.corpus.sources.shards import Piece, Shard
from holdfast.corpus.sources.tables import open_parquet

__all__ = ["Place", "Places"]


class Place(NamedTuple):
    """A row's place; of `line` and `offset` one is known."""

    file: str
    line: int | None
    """Line, row or record in the file, from 1."""
    offset: int | None = None
    """Byte of the file at which its line begins, from 0."""

    @property
    def told(self) -> str:
        """Return the place as one word: 'part-3.jsonl:17', or 'part-3.jsonl@70412' by its byte."""
        return f"{self.file}:{self.line}" if self.line is not None else f"{self.file}@{self.offset}"


class Places:
    """The places of a source's rows.

    A file that is cut has lines whose number nobody knows until all stretches before theirs were read, which a draw of stretches does
    not do; the bytes are known without that.

    Args:
        shards: of the source.
    """

    def __init__(self, shards: Sequence[Shard]) -> None:
        self._shards = shards
        self._lines: dict[tuple[str, int], int] = {}
        self._starts: dict[str, list[int]] = {}
        for shard in shards:
            for piece in shard.pieces:
                self._starts.setdefault(piece.file, []).append(piece.start)
        self._held: tuple[Piece, NDArray[np.int64]] | None = None

    def read(self, shard: int, tally: Tally) -> None:
        """Take note of how many lines the pieces of a shard have that was read to its end."""
        for piece, one in zip(self._shards[shard].pieces, tally.pieces, strict=True):
            self._lines[piece.file, piece.start] = one.lines

    def where(self, shard: int, piece: int, line: int) -> Place:
        """Return the place in its file of a line, row or record, from 1, of a piece of a shard."""
        one = self._shards[shard].pieces[piece]
        before = self._before(one, self._shards[shard].format)
        if before is not None:
            return Place(one.name, before + line)
        if self._held is None or self._held[0] != one:
            with open_file(one.file) as stream:
                self._held = one, line_starts(stream, one.start, one.stop)
        return Place(one.name, None, int(self._held[1][line - 1]))

    def _before(self, one: Piece, format: str) -> int | None:
        """Return how many lines, rows or records a file has before a piece, None where they were not counted."""
        if format == "hub":
            return one.start
        if format == "parquet":
            return sum(_rows(one.file)[: one.start])
        counts = [self._lines.get((one.file, start)) for start in self._starts[one.file] if start < one.start]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None


@lru_cache(maxsize=4)
def _rows(file: str) -> tuple[int, ...]:
    """Return the rows of each row group of a parquet file."""
    with open_parquet(file) as (opened, _):
        return tuple(opened.metadata.row_group(group).num_rows for group in range(opened.num_row_groups))
