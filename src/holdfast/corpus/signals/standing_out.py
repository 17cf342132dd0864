"""Hosts and authors with far more documents of some kind than the ordinary ones of their source: the three passes over the tallies.

First all hosts are summed up in cells, from which the ordinary rates are fitted; then each host is held against them; then the
documents of those that stand out are looked up. Tests are corrected for all hosts, days, kinds and sources of one signal (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.corpus.signals.families import Family, Measure, hosts_of
from holdfast.corpus.signals.looking_up import Flag, StandsOut, joined, looked_up
from holdfast.corpus.signals.rates import Cells, Rates, cells_of, fit
from holdfast.corpus.signals.tally import AUTHOR, HOST, exchange_of, merged, window_of
from holdfast.corpus.steps import Duplicates
from holdfast.corpus.work import Work
from holdfast.detectors.triggers.association import ALPHA

__all__ = ["LEAST", "Searched", "stand_out"]

LEAST = 10
"""Documents that a host must show at least, to be worth a line."""
_TIMES = 2.0
"""Times as many as expected, at least: of millions of documents one more in a hundred would be significant."""
_MOST = 50


class Searched(NamedTuple):
    """What came out."""

    found: tuple[StandsOut, ...]
    limits: dict[Family, int | None]
    """Smallest number of documents of a new host, all of which show it, that would have stood out."""
    hosts: dict[Family, int]
    """How many were compared; days of hosts, where days are."""


def stand_out(work: Work, duplicates: Duplicates, step: str, measures: Sequence[Measure]) -> Searched:
    """Return who stands out by some measures, surest first."""
    receivers = range(exchange_of(work).receivers)
    cells: dict[Family, dict[int, NDArray[np.float64]]] = {}
    for tables in work.each(f"{step}-cells", receivers, _Sums(work, tuple(measures))):
        for family, cell, sums in _read_cells(tables["cells"]):
            own = cells.setdefault(family, {})
            own[cell] = own.get(cell, np.zeros(3)) + sums
    hosts = {family: int(sum(sums[0] for sums in own.values())) for family, own in cells.items()}
    tests = max(1, sum(hosts.values()))
    rates = {family: told for family, own in cells.items() if (told := fit(_cells(own), ALPHA)) is not None}
    limits = {family: rates[family].smallest(ALPHA / tests, LEAST) if family in rates else None for family in cells}
    flagged: list[Flag] = []
    if rates:
        for tables in work.each(f"{step}-hosts", receivers, _Unusual(work, tuple(rates.items()), tests)):
            flagged += _read_flags(tables["hosts"])
    flagged = sorted(flagged, key=lambda flag: (flag.p, -flag.shown, flag.who, flag.days))[:_MOST]
    return Searched(looked_up(work, duplicates, step, joined(flagged)), limits, hosts)


@dataclass(frozen=True)
class _Sums:
    """Sums up the hosts of one receiver."""

    work: Work
    measures: tuple[Measure, ...]

    def __call__(self, receiver: int) -> Mapping[str, pa.Table]:
        rows = merged(exchange_of(self.work).read(receiver, self.work.shards))
        found = []
        for family in _families(self.work, self.measures):
            hosts = hosts_of(self.work, rows, family)
            cells, place = np.unique(cells_of(hosts.documents, hosts.shown), return_inverse=True)
            sums = [np.bincount(place, weights, len(cells)).astype(np.int64) for weights in (None, hosts.documents, hosts.shown)]
            name = dict(zip(_COLUMNS, ([value] * len(cells) for value in (*family.measure, *family[1:])), strict=True))
            found.append(pa.table({**name, "cell": cells, "hosts": sums[0], "documents": sums[1], "shown": sums[2]}, schema=_CELLS))
        return {"cells": pa.concat_tables(found)}


@dataclass(frozen=True)
class _Unusual:
    """Holds the hosts of one receiver against the ordinary rates."""

    work: Work
    rates: tuple[tuple[Family, Rates], ...]
    tests: int

    def __call__(self, receiver: int) -> Mapping[str, pa.Table]:
        rows = merged(exchange_of(self.work).read(receiver, self.work.shards))
        found = [_HOSTS.empty_table()]
        for family, rates in self.rates:
            hosts = hosts_of(self.work, rows, family)
            tried = np.flatnonzero(hosts.shown >= LEAST)
            shown, documents, was, of = (
                values[tried].astype(np.float64) for values in (hosts.shown, hosts.documents, hosts.other_shown, hosts.other_documents)
            )
            p = rates.tail(shown, documents, before=(was, of)) * self.tests
            expected = documents * (rates.shape + was) / (rates.shape / rates.mean + of)
            passed = np.flatnonzero((p <= ALPHA) & (shown >= _TIMES * expected))
            passed = passed[np.argsort(p[passed], kind="stable")][:_MOST]
            name = dict(zip(_COLUMNS, ([value] * len(passed) for value in (*family.measure, *family[1:])), strict=True))
            own = tried[passed]
            values = {"who": hosts.who[own], "day": hosts.day[own], "documents": hosts.documents[own], "shown": hosts.shown[own]}
            found.append(pa.table({**name, **values, "expected": expected[passed], "p": p[passed]}, schema=_HOSTS))
        return {"hosts": pa.concat_tables(found)}


_COLUMNS = ("measure", "by_day", "source", "whose")
_FAMILY = [pa.field("measure", pa.string()), pa.field("by_day", pa.bool_()), pa.field("source", pa.int32()), pa.field("whose", pa.int32())]
_CELLS = pa.schema([*_FAMILY, *(pa.field(name, pa.int64()) for name in ("cell", "hosts", "documents", "shown"))])
_HOSTS = pa.schema(
    [
        *_FAMILY,
        pa.field("who", pa.uint64()),
        pa.field("day", pa.int32()),
        pa.field("documents", pa.int64()),
        pa.field("shown", pa.int64()),
        pa.field("expected", pa.float64()),
        pa.field("p", pa.float64()),
    ]
)


def _families(work: Work, measures: Sequence[Measure]) -> list[Family]:
    sources = range(len(work.spec.sources))
    families = [Family(measure, source, whose) for measure in measures for source in sources for whose in (HOST, AUTHOR)]
    days = work.spec.signals.window_days
    return [one for one in families if one.measure.name != "window" or window_of(work.spec.sources[one.source], days) is not None]


def _read_cells(table: pa.Table) -> list[tuple[Family, int, NDArray[np.float64]]]:
    return [
        (Family(Measure(name, by_day), source, whose), cell, np.array(sums, dtype=np.float64))
        for name, by_day, source, whose, cell, *sums in zip(*table.to_pydict().values(), strict=True)
    ]


def _read_flags(table: pa.Table) -> list[Flag]:
    return [
        Flag(Family(Measure(name, by_day), source, whose), who, (day,), *rest)
        for name, by_day, source, whose, who, day, *rest in zip(*table.to_pydict().values(), strict=True)
    ]


def _cells(own: Mapping[int, NDArray[np.float64]]) -> Cells:
    hosts, documents, shown = np.stack([own[cell] for cell in sorted(own)], axis=1)
    return Cells(hosts, documents / hosts, shown / hosts)
