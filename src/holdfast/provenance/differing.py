"""`diff`: what changed from one version of a corpus to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from holdfast.core import Value
from holdfast.provenance.comparing import groups, row_changes
from holdfast.provenance.index import open_index, read_origins
from holdfast.provenance.places import inside
from holdfast.provenance.versions import CorpusSource, CorpusStep, CorpusVersion, read_version, version_id

__all__ = ["Change", "CorpusDiff", "Count", "diff"]

_FEW = 1000
"""Rows gone or come that are named one by one; the counts are of all."""
Progress = Callable[[str, int, int], None]


class Change(Value, frozen=True, kw_only=True):
    """One source or step that is not the same."""

    name: str
    what: Literal["gone", "come", "changed"]
    fields: dict[str, tuple[Any, Any]] = {}
    """By field: before and after."""


class Count(Value, frozen=True, kw_only=True):
    """A number before and after."""

    before: int
    after: int


class CorpusDiff(Value, frozen=True, kw_only=True):
    """What changed from one version to another."""

    old: str
    """Id."""
    new: str
    child: bool
    """Whether the new one names the old one as its parent."""
    why: str
    sources: tuple[Change, ...]
    steps: tuple[Change, ...]
    order_changed: bool
    """Whether the steps that both have stand in another order."""
    rows: Count
    by_source: dict[str, Count]
    by_licence: dict[str, Count]
    by_reason: dict[str, Count]
    """Documents left out."""
    gone: int
    """Rows of the old version that the new one has not, by the digest of their text."""
    come: int
    gone_by_source: dict[str, int]
    come_by_source: dict[str, int]
    gone_rows: tuple[str, ...]
    """'SHARD:ROW' of the old version, the first 1,000."""
    come_rows: tuple[str, ...]

    @property
    def same(self) -> bool:
        """No row is gone or come; sources and steps may still be described otherwise."""
        return not (self.gone or self.come)


def diff(old: Path, new: Path, *, workers: int | None = None, progress: Progress = lambda what, done, total: None) -> CorpusDiff:
    """Return what changed from one corpus folder to another; raises InputError for a folder that is none.

    Memory: the index of both versions, and 48 bytes times two million rows.
    """
    before, after = read_version(old), read_version(new)
    tables = [_index(folder, version, workers, progress) for folder, version in ((old, before), (new, after))]
    gone, come = _Rows(old, before), _Rows(new, after)
    for lost, found in row_changes(old, new, (before, after), progress=progress):
        gone.add(lost)
        come.add(found)
    names = [{step.name for step in version.steps} for version in (before, after)]
    both = [[step.name for step in version.steps if step.name in names[0] & names[1]] for version in (before, after)]
    return CorpusDiff(
        old=version_id(before),
        new=version_id(after),
        child=after.parent == version_id(before),
        why=after.why,
        sources=_changes(before.sources, after.sources),
        steps=_changes(before.steps, after.steps),
        order_changed=both[0] != both[1],
        rows=Count(before=before.rows, after=after.rows),
        by_source=_counts(*(_sums(table, "key") for table in tables)),
        by_licence=_counts(*(_sums(table, "licence") for table in tables)),
        by_reason=_counts(*(_reasons(version) for version in (before, after))),
        gone=gone.total,
        come=come.total,
        gone_by_source=gone.sources,
        come_by_source=come.sources,
        gone_rows=tuple(gone.first),
        come_rows=tuple(come.first),
    )


class _Rows:
    """Counts rows by source as they come, and keeps the names of the first ones."""

    def __init__(self, folder: Path, version: CorpusVersion) -> None:
        self._folder, self._version = folder, version
        self._counts: Counter[str] = Counter()
        self.first: list[str] = []

    @property
    def total(self) -> int:
        return sum(self._counts.values())

    @property
    def sources(self) -> dict[str, int]:
        return dict(sorted(self._counts.items()))

    def add(self, rows: np.ndarray[Any, Any]) -> None:
        for place, numbers in groups(rows):
            shard = self._version.shards[place]
            column = read_origins(inside(self._folder, shard.provenance), ["source"])["source"].cast(pa.string())
            for found in pc.value_counts(column.take(pa.array(numbers))).to_pylist():
                self._counts[found["values"]] += found["counts"]
            self.first += [f"{shard.name}:{number}" for number in numbers[: max(_FEW - len(self.first), 0)]]


def _index(folder: Path, version: CorpusVersion, workers: int | None, progress: Progress) -> pa.Table:
    """Return the part of the index that counts sources, without documents that were left out."""
    index = open_index(folder, version, workers=workers, progress=progress)
    chosen = (pc.field("kind") == "source") & ~pc.field("rejected")
    if isinstance(index, pa.Table):
        return index.filter(chosen)
    return parquet.read_table(index, filters=chosen, partitioning=None)


def _sums(table: pa.Table, by: str) -> dict[str, int]:
    grouped = table.group_by(by).aggregate([("rows", "sum")])
    return {row[by] if row[by] is not None else "not stated": row["rows_sum"] for row in grouped.to_pylist()}


def _reasons(version: CorpusVersion) -> dict[str, int]:
    found: Counter[str] = Counter()
    for step in version.steps:
        found.update(step.removed)
    return dict(found)


def _counts(before: dict[str, int], after: dict[str, int]) -> dict[str, Count]:
    return {name: Count(before=before.get(name, 0), after=after.get(name, 0)) for name in sorted(before.keys() | after.keys())}


def _changes(before: Sequence[CorpusSource | CorpusStep], after: Sequence[CorpusSource | CorpusStep]) -> tuple[Change, ...]:
    old, new = _named(before), _named(after)
    out = [Change(name=name, what="gone") for name in old if name not in new]
    out += [Change(name=name, what="come") for name in new if name not in old]
    for name, one in old.items():
        if name in new and one != new[name]:
            was, now = msgspec.to_builtins(one), msgspec.to_builtins(new[name])
            fields = {field: (was[field], now[field]) for field in was if was[field] != now[field]}
            out.append(Change(name=name, what="changed", fields=fields))
    return tuple(out)


def _named(several: Sequence[CorpusSource | CorpusStep]) -> dict[str, CorpusSource | CorpusStep]:
    """Return them by a name that is unique: a second step of one name counts on."""
    found: dict[str, CorpusSource | CorpusStep] = {}
    for one in several:
        name, number = one.name, 2
        while name in found:
            name, number = f"{one.name} ({number})", number + 1
        found[name] = one
    return found
