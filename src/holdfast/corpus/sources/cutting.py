"""How files become shards: by their sizes and the settings alone, so that a document has the same number everywhere.

No file is read for it, but for the footers of parquet files: text is cut at byte places, and a line belongs to the stretch in
which it begins. Files that are small go together, in order, until a shard is full.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from holdfast.corpus.sources.listing import Found, Listing
from holdfast.corpus.sources.shards import Piece, Shard
from holdfast.corpus.sources.tables import hub_rows, open_parquet

__all__ = ["cut"]

_MOST_PIECES = 10_000
"""Files in one shard: a folder of tiny files is still cut."""
_BY_BYTES = ("jsonl", "lines")


def cut(listings: Sequence[Listing], shard_size: int) -> tuple[Shard, ...]:
    """Return the shards of all sources, numbered from 0 in their order."""
    shards: list[Shard] = []
    for source, listing in enumerate(listings):
        held: list[Piece] = []
        format, size = "", 0
        for file in listing.files:
            for piece, weight in _pieces(file, shard_size):
                if held and (size + weight > shard_size or file.format != format or len(held) >= _MOST_PIECES):
                    shards.append(Shard(number=len(shards), source=source, format=format, pieces=tuple(held)))
                    held, size = [], 0
                held.append(piece)
                format, size = file.format, size + weight
        if held:
            shards.append(Shard(number=len(shards), source=source, format=format, pieces=tuple(held)))
    return tuple(shards)


def _pieces(file: Found, shard_size: int) -> Iterator[tuple[Piece, int]]:
    """Yield the stretches of a file with their sizes in bytes."""
    one = Piece(file=file.file, name=file.name, size=file.size, stamp=file.stamp)
    if file.format in _BY_BYTES and not file.packed and file.size > shard_size:
        parts = -(-file.size // shard_size)
        edges = [file.size * part // parts for part in range(parts + 1)]
    elif file.format == "parquet" and file.size > shard_size:
        yield from _row_groups(one, shard_size)
        return
    elif file.format == "hub":
        yield from _rows(one, shard_size)
        return
    else:
        yield one, file.size
        return
    for start, stop in pairwise(edges):
        yield _part(one, start, stop), stop - start


def _row_groups(one: Piece, shard_size: int) -> Iterator[tuple[Piece, int]]:
    with open_parquet(one.file) as (file, _):
        sizes = [file.metadata.row_group(group).total_byte_size for group in range(file.num_row_groups)]
    start = 0
    for stop in range(1, len(sizes) + 1):
        if stop == len(sizes) or sum(sizes[start : stop + 1]) > shard_size:
            yield _part(one, start, stop), sum(sizes[start:stop])
            start = stop


def _rows(one: Piece, shard_size: int) -> Iterator[tuple[Piece, int]]:
    data = hub_rows(one.file)
    each = max(data.data.nbytes // max(len(data), 1), 1)
    step = max(shard_size // each, 1)
    for start in range(0, len(data), step):
        stop = min(start + step, len(data))
        yield _part(one, start, stop), (stop - start) * each


def _part(one: Piece, start: int, stop: int) -> Piece:
    return Piece(file=one.file, name=one.name, size=one.size, stamp=one.stamp, start=start, stop=stop)
