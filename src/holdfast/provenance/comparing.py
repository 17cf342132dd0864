"""Rows that one version of a corpus has and another has not, by digest, in memory that does not grow with the corpus.

Digests are cut into buckets by their first two bytes, on disk, 24 bytes a row; a bucket of both versions is held in memory at a time.
Shards whose provenance is the same file in both versions are left out: they cannot differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.core import InputError
from holdfast.provenance.index import read_origins
from holdfast.provenance.places import inside
from holdfast.provenance.versions import CorpusShard, CorpusVersion

__all__ = ["differing_shards", "groups", "row_changes"]

_ROW = np.dtype([("high", ">u8"), ("low", ">u8"), ("shard", "<u4"), ("row", "<u4")])
_BUCKET = 2_000_000
"""Rows of one version in a bucket, about: 48 MB."""
_MOST_BUCKETS = 256
Progress = Callable[[str, int, int], None]


def differing_shards(version: CorpusVersion, other: CorpusVersion) -> tuple[int, ...]:
    """Return the places of a version's shards whose provenance another version does not have, as often as it stands there."""
    there = Counter(shard.provenance_sha256 for shard in other.shards)
    out = []
    for place, shard in enumerate(version.shards):
        if there[shard.provenance_sha256]:
            there[shard.provenance_sha256] -= 1
        else:
            out.append(place)
    return tuple(out)


def row_changes(
    old: Path, new: Path, versions: tuple[CorpusVersion, CorpusVersion], *, progress: Progress = lambda what, done, total: None
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Yield, a bucket at a time, the rows gone and the rows come, as arrays with 'shard' (a place in its version) and 'row'.

    Equal digests are taken off one against one: of three copies that became two, one is gone.
    """
    first, second = versions
    chosen = (differing_shards(first, second), differing_shards(second, first))
    rows = max(sum(version.shards[place].rows for place in places) for version, places in zip(versions, chosen, strict=True))
    buckets = min(_MOST_BUCKETS, rows // _BUCKET + 1)
    with TemporaryDirectory(prefix="holdfast-diff-") as scratch:
        steps, done = sum(map(len, chosen)) + buckets, 0
        for side, folder, version, places in zip("ab", (old, new), versions, chosen, strict=True):
            for place in places:
                _spread(folder, version.shards[place], place, Path(scratch), side, buckets)
                done += 1
                progress("rows", done, steps)
        for bucket in range(buckets):
            yield _difference(*(_bucket(Path(scratch) / f"{side}{bucket}") for side in "ab"))
            progress("rows", done + bucket + 1, steps)


def _spread(folder: Path, shard: CorpusShard, place: int, scratch: Path, side: str, buckets: int) -> None:
    """Append a shard's digests to the files of their buckets."""
    column = read_origins(inside(folder, shard.provenance), ["digest"])["digest"].cast(pa.binary(16)).combine_chunks()
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    raw = b"".join(_bytes(chunk) for chunk in chunks)
    halves = np.frombuffer(raw, dtype=">u8").reshape(-1, 2)
    if len(halves) != shard.rows:
        raise InputError(f"{shard.provenance} has {len(halves)} rows, expected {shard.rows}. Run `holdfast provenance verify`.")
    rows = np.empty(len(halves), dtype=_ROW)
    rows["high"], rows["low"] = halves[:, 0], halves[:, 1]
    rows["shard"], rows["row"] = place, np.arange(len(halves), dtype=np.uint32)
    homes = (rows["high"] >> np.uint64(48)).astype(np.int64) * buckets >> 16
    order = np.argsort(homes, kind="stable")
    ends = np.searchsorted(homes[order], np.arange(buckets + 1))
    for bucket in range(buckets):
        if ends[bucket] < ends[bucket + 1]:
            with (scratch / f"{side}{bucket}").open("ab") as stream:
                stream.write(rows[order[ends[bucket] : ends[bucket + 1]]].tobytes())


def _bytes(chunk: pa.FixedSizeBinaryArray) -> bytes:
    if chunk.null_count:
        raise InputError("a provenance file has rows without a digest. Run `holdfast provenance verify`.")
    return chunk.buffers()[1][chunk.offset * 16 : (chunk.offset + len(chunk)) * 16].to_pybytes()  # type: ignore[no-any-return]  # no types


def _bucket(path: Path) -> NDArray[Any]:
    rows = np.fromfile(path, dtype=_ROW) if path.is_file() else np.empty(0, dtype=_ROW)
    # Native integers sort several times faster than big-endian ones; the sort is stable, so copies stay in the order of the corpus.
    return rows[np.lexsort((rows["low"].astype(np.uint64), rows["high"].astype(np.uint64)))]


def _difference(old: NDArray[Any], new: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the rows of two sorted buckets that have no partner with the same digest."""
    both = np.concatenate([old, new])
    high, low = both["high"].astype(np.uint64), both["low"].astype(np.uint64)
    copy = np.concatenate([_copy_number(old), _copy_number(new)])
    order = np.lexsort((copy, low, high))
    high, low, copy = high[order], low[order], copy[order]
    # A digest's first copy stands once on each side at most, and so does its second: equal neighbours are partners.
    partners = (high[1:] == high[:-1]) & (low[1:] == low[:-1]) & (copy[1:] == copy[:-1])
    alone = np.ones(len(order), dtype=bool)
    alone[1:][partners] = False
    alone[:-1][partners] = False
    kept = np.empty(len(order), dtype=bool)
    kept[order] = alone
    return old[kept[: len(old)]], new[kept[len(old) :]]


def _copy_number(rows: NDArray[Any]) -> NDArray[np.int64]:
    """Return, for sorted rows, the how-manieth of its digest each one is."""
    if not len(rows):
        return np.zeros(0, dtype=np.int64)
    starts = np.append(True, (rows["high"][1:] != rows["high"][:-1]) | (rows["low"][1:] != rows["low"][:-1]))
    places = np.arange(len(rows))
    return places - np.maximum.accumulate(np.where(starts, places, 0))


def groups(rows: NDArray[Any]) -> Sequence[tuple[int, NDArray[np.int64]]]:
    """Return rows by shard: (place, rows in it), in order."""
    if not len(rows):
        return []
    order = np.lexsort((rows["row"], rows["shard"]))
    sorted_rows = rows[order]
    places, starts = np.unique(sorted_rows["shard"], return_index=True)
    ends = np.append(starts[1:], len(sorted_rows))
    return [(int(place), sorted_rows["row"][start:end].astype(np.int64)) for place, start, end in zip(places, starts, ends, strict=True)]
