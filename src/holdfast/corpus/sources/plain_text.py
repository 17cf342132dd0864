"""Plain text: a file is a document ('text'), or a line is one ('lines')."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.corpus.sources.columns import batch_of
from holdfast.corpus.sources.line_blocks import LONGEST, line_blocks
from holdfast.corpus.sources.opening import BLOCK, Opened
from holdfast.corpus.sources.reader import Tally
from holdfast.corpus.sources.shards import Piece

__all__ = ["TextFiles", "read_text_lines"]

_NOT_UTF8 = "expected UTF-8, got other bytes"
_BOM = b"\xef\xbb\xbf"
_MOST = 8192
_TRIM = " \t\r\n"


class TextFiles:
    """Gathers whole files as documents, until there are enough of them for a batch."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._texts: list[str] = []
        self._rows: list[int] = []
        self._pieces: list[int] = []
        self._bytes = 0

    def read(self, stream: Opened) -> None:
        """Read one file; an empty one is no document, one that is not UTF-8 or too long is a broken one."""
        tally = self._tally
        parts, size = [], 0
        while block := stream.read(BLOCK):
            stream.seen(block)
            size += len(block)
            if size <= LONGEST:
                parts.append(block)
        row, tally.rows, tally.lines = tally.rows, tally.rows + 1, 1
        if size > LONGEST:
            tally.bad(row=row, line=1, reason=f"the file is longer than {LONGEST:,} bytes, and each file is one document")
            return
        try:
            text = b"".join(parts).removeprefix(_BOM).decode()
        except UnicodeDecodeError:
            tally.bad(row=row, line=1, reason=_NOT_UTF8)
            return
        if not text.strip():
            tally.blank += 1
            return
        self._texts.append(text)
        self._rows.append(row)
        self._pieces.append(len(tally.pieces))
        self._bytes += size

    def batch(self, *, last: bool = False) -> pa.RecordBatch | None:
        """Return a batch where one is full, or what there is at the last."""
        if not self._texts or not (last or self._bytes >= BLOCK or len(self._texts) >= _MOST):
            return None
        made = batch_of(
            pa.array(self._texts, pa.large_string()),
            pa.array(self._rows, pa.int64()),
            piece=pa.array(self._pieces, pa.int32()),
            lines=pa.array([1] * len(self._texts), pa.int64()),
        )
        self._texts, self._rows, self._pieces, self._bytes = [], [], [], 0
        return made


def read_text_lines(stream: Opened, piece: Piece, tally: Tally) -> Iterator[pa.RecordBatch]:
    """Yield the lines of a piece as documents; every line has a row number, blank ones too."""
    lines = 0
    for block in line_blocks(stream, piece.start, piece.stop):
        if block is None:
            tally.bad(row=tally.rows, line=lines + 1, reason=f"the line is longer than {LONGEST:,} bytes")
            tally.rows, lines = tally.rows + 1, lines + 1
            continue
        found = block.removesuffix(b"\n").split(b"\n")
        texts = _decoded(found, lines, tally)
        blank = pc.equal(pc.utf8_trim(texts, _TRIM), "")
        tally.blank += pc.sum(blank).as_py() or 0
        keep = pc.and_not(pc.is_valid(texts), pc.fill_null(blank, True))
        good = np.flatnonzero(keep.to_numpy(zero_copy_only=False))
        if len(good):
            yield batch_of(
                pc.utf8_rtrim(texts.filter(keep), "\r"),
                pa.array(good + tally.rows, pa.int64()),
                piece=len(tally.pieces),
                lines=pa.array(good + lines + 1, pa.int64()),
            )
        tally.rows, lines = tally.rows + len(found), lines + len(found)
    tally.lines = lines


def _decoded(lines: list[bytes], before: int, tally: Tally) -> pa.Array:
    try:
        return pa.array(lines, pa.large_binary()).cast(pa.large_string())
    except pa.ArrowInvalid:
        texts: list[str | None] = []
        for index, line in enumerate(lines):
            try:
                texts.append(line.decode())
            except UnicodeDecodeError:
                texts.append(None)
                tally.bad(row=tally.rows + index, line=before + index + 1, reason=_NOT_UTF8)
        return pa.array(texts, pa.large_string())
