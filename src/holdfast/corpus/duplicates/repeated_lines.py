"""Lines that stand in many documents: cut out of all but the first.

A task per group counts its lines, a quarter of all hashes at a time; a task per bucket adds the counts up and hands the lines that are
repeated to the groups that have them. Only documents that stay are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.corpus.documents import document_id
from holdfast.corpus.duplicates.exchange import Exchange, Rows, by_receiver, stacked
from holdfast.corpus.duplicates.groups import Groups, bucket_of, buckets_for, meeting, within
from holdfast.corpus.steps import CUTS
from holdfast.corpus.work import Work
from holdfast.similarity.words import U64

__all__ = ["Repeated", "find_repeated_lines"]

_COUNTED = np.dtype([("hash", "<u8"), ("document", "<u8"), ("count", "<u4"), ("group", "<u4")])
_LINE = np.dtype([("hash", "<u8"), ("first", "<u8")])
_PASSES = 4

Removed = Callable[[int], pa.Table]
"""REMOVED of a shard."""


@dataclass(frozen=True, eq=False)
class Repeated:
    """The repeated lines of a run."""

    work: Work
    groups: Groups
    exchange: Exchange
    buckets: int
    count: int
    """Different lines."""
    cut: int
    """Documents that lose one of them, one by one."""

    def cuts(self, shard: int, removed: pa.Table) -> pa.Table:
        """Return CUTS of a shard whose documents of `removed` go."""
        lines = self.exchange.read(int(self.groups.of(np.array([document_id(shard, 0)], dtype=np.uint64))[0]), self.buckets)
        lines = lines[np.argsort(lines["hash"])]
        if not len(lines):
            return CUTS.empty_table()
        part = self.work.part(shard, "lines")
        rows, hashes = part["row"].to_numpy(), meeting(self.work, shard, part["hash"].to_numpy())
        found = np.flatnonzero(within(hashes, lines["hash"]) & _staying(self.work, shard, rows, removed))
        first = lines["first"][np.searchsorted(lines["hash"], hashes[found])]
        found = found[first != _documents(shard, rows[found])]
        return part.select(CUTS.names).take(pa.array(found)).cast(CUTS)


def find_repeated_lines(work: Work, groups: Groups, removed: Removed) -> Repeated:
    """Find the lines that more documents have than the settings allow."""
    buckets = buckets_for(groups.count) * _PASSES
    counted, repeated = Exchange(work.folder, "lines", _COUNTED, buckets), Exchange(work.folder, "repeated", _LINE, groups.count)
    for _ in work.each("line-counts", range(groups.count), _Count(work, groups, counted, removed)):
        continue
    most = work.spec.duplicates.lines or 0
    told = [one["count"] for one in work.each("line-repeats", range(buckets), _Add(groups, counted, repeated, most))]
    lines, cut = (sum(one[name][0].as_py() for one in told) for name in ("lines", "cut"))
    return Repeated(work, groups, repeated, buckets, lines, cut)


@dataclass(frozen=True, eq=False)
class _Count:
    """Counts the lines of a group."""

    work: Work
    groups: Groups
    counted: Exchange
    removed: Removed

    def __call__(self, group: int) -> Mapping[str, pa.Table]:
        return {"count": pa.table({"lines": [self.counted.write(group, self._passes(group))]})}

    def _passes(self, group: int) -> Iterator[tuple[Rows, NDArray[np.int64]]]:
        buckets = self.counted.receivers
        each = buckets // _PASSES
        gone = {shard: self.removed(shard) for shard in self.groups.shards(group)}
        for number in range(_PASSES):
            mine = np.concatenate([np.zeros(0, dtype=_COUNTED), *(self._shard(group, shard, gone[shard], number) for shard in gone)])
            rows = _summed(mine)
            yield by_receiver(rows, bucket_of(rows["hash"], buckets) - number * each, each)

    def _shard(self, group: int, shard: int, gone: pa.Table, number: int) -> Rows:
        part = self.work.part(shard, "lines", ["row", "hash"])
        rows, hashes = part["row"].to_numpy(), meeting(self.work, shard, part["hash"].to_numpy())
        chosen = (bucket_of(hashes, _PASSES) == number) & _staying(self.work, shard, rows, gone)
        rows, hashes = rows[chosen], hashes[chosen]
        order = np.lexsort((rows, hashes))
        rows, hashes = rows[order], hashes[order]
        # A document that has a line twice counts once.
        new = np.ones(len(rows), dtype=bool)
        new[1:] = (rows[1:] != rows[:-1]) | (hashes[1:] != hashes[:-1])
        rows, hashes = rows[new], hashes[new]
        ones = np.ones(len(rows), dtype=np.uint32)
        return _summed(stacked(_COUNTED, [hashes, _documents(shard, rows), ones, ones * np.uint32(group)]))


@dataclass(frozen=True, eq=False)
class _Add:
    """Adds up the counts of a bucket, and hands repeated lines to the groups that have them."""

    groups: Groups
    counted: Exchange
    repeated: Exchange
    most: int

    def __call__(self, bucket: int) -> Mapping[str, pa.Table]:
        rows = self.counted.read(bucket, self.groups.count)
        lines = _summed(rows)
        lines = lines[lines["count"] > self.most]
        holders = rows[within(rows["hash"], lines["hash"])]
        first = lines["document"][np.searchsorted(lines["hash"], holders["hash"])]
        told = stacked(_LINE, [holders["hash"], first])
        self.repeated.write(bucket, [by_receiver(told, holders["group"].astype(np.int64), self.groups.count)])
        cut = int(lines["count"].sum(dtype=np.int64)) - len(lines)
        return {"count": pa.table({"lines": [len(lines)], "cut": [cut]})}


def _summed(rows: Rows) -> Rows:
    """Return one row per hash, ascending: the smallest document, and the sum of the counts."""
    rows = rows[np.lexsort((rows["document"], rows["hash"]))]
    first = np.flatnonzero(np.concatenate([[True], rows["hash"][1:] != rows["hash"][:-1]])) if len(rows) else np.zeros(0, dtype=np.int64)
    summed = rows[first].copy()
    if len(rows):
        summed["count"] = np.add.reduceat(rows["count"], first)
    return summed


def _staying(work: Work, shard: int, rows: NDArray[np.int32], removed: pa.Table) -> NDArray[np.bool_]:
    """Return which rows passed the filters and are no duplicates."""
    numbers = work.part(shard, "facts", ["row"])["row"].to_numpy()
    stays = work.alive(shard) & ~within(numbers.astype(np.uint64), removed["row"].to_numpy().astype(np.uint64))
    found: NDArray[np.bool_] = stays[np.searchsorted(numbers, rows)]
    return found


def _documents(shard: int, rows: NDArray[np.int32]) -> U64:
    return rows.astype(np.uint64) | np.uint64(document_id(shard, 0))
