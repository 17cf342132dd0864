"""What is counted of a host or author, in all or day by day, from the tallies that the exchange brought together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.corpus.duplicates.exchange import Rows
from holdfast.corpus.signals.tally import NO_DAY, window_of
from holdfast.corpus.work import Work

__all__ = ["Family", "Hosts", "Measure", "hosts_of"]


class Measure(NamedTuple):
    """What is counted of a host: one of `copies`, `odd1` to `odd3`, or `window`; by day or in all."""

    name: str
    by_day: bool = False


class Family(NamedTuple):
    """What is tested together with one fit."""

    measure: Measure
    source: int
    whose: int


class Hosts(NamedTuple):
    """Hosts or authors, on one day each or in all, with the same of their other days."""

    who: NDArray[np.uint64]
    day: NDArray[np.int32]
    documents: NDArray[np.int64]
    shown: NDArray[np.int64]
    other_documents: NDArray[np.int64]
    other_shown: NDArray[np.int64]


def hosts_of(work: Work, rows: Rows, family: Family) -> Hosts:
    """Return the hosts of a family, from its merged tally."""
    own = rows[(rows["source"] == family.source) & (rows["whose"] == family.whose)]
    shown = _shown(work, own, family)
    first = np.flatnonzero(np.concatenate([[True], own["who"][1:] != own["who"][:-1]])) if len(own) else np.zeros(0, dtype=np.int64)
    sizes = np.diff(np.append(first, len(own)))
    documents = own["documents"].astype(np.int64)
    all_documents, all_shown = (np.add.reduceat(values, first) if len(first) else values for values in (documents, shown))
    if not family.measure.by_day:
        none = np.zeros(len(first), dtype=np.int64)
        return Hosts(own["who"][first], np.full(len(first), NO_DAY, dtype=np.int32), all_documents, all_shown, none, none)
    others = np.repeat(all_documents, sizes) - documents, np.repeat(all_shown, sizes) - shown
    dated = own["day"] != NO_DAY
    return Hosts(own["who"][dated], own["day"][dated], documents[dated], shown[dated], others[0][dated], others[1][dated])


def _shown(work: Work, rows: Rows, family: Family) -> NDArray[np.int64]:
    if family.measure.name != "window":
        return rows[family.measure.name].astype(np.int64)
    first, last = window_of(work.spec.sources[family.source], work.spec.signals.window_days) or (1, 0)
    return rows["documents"].astype(np.int64) * ((rows["day"] >= first) & (rows["day"] <= last))
