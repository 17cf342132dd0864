"""`trace`: which shards hold rows of a source, host, author or URL, how many, of which dates and under which licences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core import Value
from holdfast.provenance.index import declared_licences, host_key, open_index, read_origins, with_licences
from holdfast.provenance.places import inside
from holdfast.provenance.versions import CorpusShard, CorpusVersion, read_version, version_id
from holdfast.provenance.wanted import CANARY, Wanted, entries, matching, resolve

__all__ = ["Held", "Holding", "trace", "trace_wanted"]

_NAMES = 20
Progress = Callable[[str, int, int], None]


class Held(Value, frozen=True, kw_only=True):
    """What one shard holds of what was asked."""

    shard: str
    place: int
    """In the version's `shards`, or `rejected`, from 0."""
    rows: int
    of: int
    """All rows of the shard."""
    first: datetime | None
    """The earliest date of these rows; None where no row has one."""
    last: datetime | None
    licences: dict[str, int]
    """Rows by licence; 'not stated' for rows without one."""


class Holding(Value, frozen=True, kw_only=True):
    """What a corpus holds of what was asked."""

    corpus: str
    """Id of the version."""
    name: str
    wanted: Wanted
    names: tuple[str, ...]
    """The sources, hosts, authors or URLs that were found, the first ones by name."""
    named: int
    """How many there are."""
    shards: tuple[Held, ...]
    rejected: tuple[Held, ...]
    """The same for documents that were left out of the corpus."""
    canaries: int
    """Planted rows in those shards of the corpus; they are of no source but 'canary'."""

    @property
    def rows(self) -> int:
        """Rows of it in the corpus."""
        return sum(held.rows for held in self.shards)

    @property
    def rejected_rows(self) -> int:
        """Rows of it among those left out."""
        return sum(held.rows for held in self.rejected)


def trace(
    folder: Path,
    value: str,
    kind: str | None = None,
    *,
    below: bool = True,
    workers: int | None = None,
    progress: Progress = lambda what, done, total: None,
) -> Holding:
    """Return what a corpus holds of a source, a host, an author or a URL.

    Reads the index (made on the first call), and for a URL the provenance files of the shards that hold its host. Raises InputError
    for a name of which the corpus holds nothing.
    """
    version = read_version(folder)
    index = open_index(folder, version, workers=workers, progress=progress)
    return _holding(folder, version, index, resolve(version, index, value, kind, below=below))


def trace_wanted(folder: Path, wanted: Wanted) -> Holding:
    """Return what a corpus holds of what is wanted, which may be nothing."""
    version = read_version(folder)
    return _holding(folder, version, open_index(folder, version), wanted)


def _holding(folder: Path, version: CorpusVersion, index: Path | pa.Table, wanted: Wanted) -> Holding:
    found = entries(index, wanted)
    if wanted.kind == "url":
        found = _urls(folder, version, wanted, found)
    keys = pc.unique(found["key"])
    first = pc.sort_indices(keys)[:_NAMES]
    names = [host_key(key) if wanted.kind == "host" else key for key in keys.take(first).to_pylist()]
    kept = {rejected: _held(found, version.rejected if rejected else version.shards, rejected) for rejected in (False, True)}
    return Holding(
        corpus=version_id(version),
        name=version.name,
        wanted=wanted,
        names=tuple(names),
        named=len(keys),
        shards=kept[False],
        rejected=kept[True],
        canaries=_canaries(index, kept[False]),
    )


def _canaries(index: Path | pa.Table, held: tuple[Held, ...]) -> int:
    planted = entries(index, Wanted(kind="source", value=CANARY, below=False))
    places = {one.place for one in held}
    return sum(row["rows"] for row in planted.to_pylist() if row["shard"] in places and not row["rejected"])


def _held(found: pa.Table, shards: tuple[CorpusShard, ...], rejected: bool) -> tuple[Held, ...]:
    # A domain may have a million hosts: they are added up before anything becomes a Python object.
    wanted = found.filter(pc.equal(found["rejected"], rejected)).group_by(["shard", "licence"])
    summed = wanted.aggregate([("rows", "sum"), ("first", "min"), ("last", "max")]).to_pylist()
    by_shard: dict[int, list[dict[str, Any]]] = {}
    for row in summed:
        by_shard.setdefault(row["shard"], []).append(row)
    return tuple(_one(shards[place], place, by_shard[place]) for place in sorted(by_shard))


def _one(shard: CorpusShard, place: int, rows: list[dict[str, Any]]) -> Held:
    licences = {row["licence"] if row["licence"] is not None else "not stated": row["rows_sum"] for row in rows}
    return Held(
        shard=shard.name,
        place=place,
        rows=sum(licences.values()),
        of=shard.rows,
        first=min((row["first_min"] for row in rows if row["first_min"] is not None), default=None),
        last=max((row["last_max"] for row in rows if row["last_max"] is not None), default=None),
        licences=dict(sorted(licences.items())),
    )


def _urls(folder: Path, version: CorpusVersion, wanted: Wanted, hosts: pa.Table) -> pa.Table:
    """Return rows in the form of the index, for one URL: the shards of its host are looked through."""
    places = sorted({(row["rejected"], row["shard"]) for row in hosts.select(["rejected", "shard"]).to_pylist()})
    tables = [hosts.schema.empty_table()]
    for rejected, place in places:
        shard = (version.rejected if rejected else version.shards)[place]
        origins = read_origins(inside(folder, shard.provenance), ["source", "url", "licence", "date"])
        mask = matching(origins, wanted)
        if not np.any(mask):
            continue
        plain = with_licences(origins.filter(pa.array(mask)), declared_licences(version)).unify_dictionaries()
        grouped = plain.group_by(["url", "licence"]).aggregate([([], "count_all"), ("date", "min"), ("date", "max")])
        size = grouped.num_rows
        columns = [
            pa.array(["url"] * size, pa.string()),
            grouped["url"],
            pa.array([rejected] * size, pa.bool_()),
            pa.array([place] * size, pa.int32()),
            grouped["licence"].cast(pa.string()),
            grouped["count_all"],
            grouped["date_min"],
            grouped["date_max"],
        ]
        tables.append(pa.table(columns, schema=hosts.schema))
    return pa.concat_tables(tables)
