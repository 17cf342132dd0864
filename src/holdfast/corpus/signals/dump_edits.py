"""Edits just before a dump: more documents in its last days than ever, one host or author behind them, or odd ones among them.

Who knows when a dump is made can edit pages shortly before, and have them undone after it (front-running: Carlini et al. 2023,
"Poisoning Web-Scale Training Datasets is Practical", section 4). Where most documents are dated inside the window, dates are those
of the crawl and tell nothing; then nothing is tested.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.corpus.signals.families import Measure
from holdfast.corpus.signals.rates import Cells, fit
from holdfast.corpus.signals.standing_out import LEAST, stand_out
from holdfast.corpus.signals.tails import KINDS
from holdfast.corpus.signals.tally import day_text, window_of
from holdfast.corpus.signals.telling import searched, signal
from holdfast.corpus.steps import Duplicates, Signal
from holdfast.corpus.work import Work
from holdfast.detectors.triggers.association import ALPHA, fisher

__all__ = ["History", "find_dump_edits"]

_EARLIER, _FEWEST = 52, 8
"""Windows before the last that are looked at, and that must hold documents."""
_TIMES = 2.0
_MOST_INSIDE = 0.5


class History(NamedTuple):
    """Documents of a source by windows before its end, the window itself first; per kind the odd ones."""

    documents: NDArray[np.int64]
    odd: dict[int, NDArray[np.int64]]


def find_dump_edits(work: Work, duplicates: Duplicates, histories: dict[int, History]) -> tuple[Signal, ...]:
    """Return edits before a dump, surest first, and per source what would have been seen.

    Args:
        work: the run.
        duplicates: of the run.
        histories: of the sources that say when their dump was made, by place.
    """
    usable = {source: own for source, own in histories.items() if 0 < own.documents[0] <= _MOST_INSIDE * own.documents.sum()}
    if not usable:
        return tuple(_untested(work, source) for source in histories)
    found = [one for source, own in usable.items() for one in (*_surge(work, source, own), *_odd_ones(work, source, own))]
    came = stand_out(work, duplicates, "dump-edits", [Measure("window")])
    found += [
        signal(work, came, one, "dump-edit", "are dated in the window before the dump", "the others of the source")
        for one in came.found
        if one.family.source in usable
    ]
    found.sort(key=lambda one: (one.p, -one.documents, one.source, one.subject))
    limits = searched(work, came, "dump-edit", "documents of one {whose} inside the window before the dump")
    known = {work.spec.sources[source].name for source in usable}
    return (
        *found,
        *(one for one in limits if one.source in known),
        *(_untested(work, source) for source in histories if source not in usable),
    )


def _surge(work: Work, source: int, own: History) -> list[Signal]:
    """Hold the window against the windows before it: negative binomial, fitted to them."""
    earlier = own.documents[1 : _EARLIER + 1]
    last = int(np.max(np.flatnonzero(earlier), initial=-1)) + 1
    earlier = earlier[:last]
    ones = np.ones(len(earlier))
    rates = fit(Cells(ones, ones, earlier.astype(np.float64)), ALPHA, fewest=_FEWEST)
    if rates is None:
        return []
    here = float(own.documents[0])
    p = float(rates.tail(np.array([here]), np.ones(1))[0])
    if p > ALPHA or here < max(LEAST, _TIMES * rates.mean):
        return []
    first, end = _days(work, source)
    name = work.spec.sources[source].name
    return [
        Signal(
            kind="dump-edit",
            source=name,
            subject=name,
            documents=int(here),
            of=int(own.documents.sum()),
            expected=rates.mean,
            p=p,
            first=day_text(first),
            last=day_text(end),
            explanation=f"{int(here)} documents are dated in the window before the dump, where such windows held {rates.mean:.3g}.",
        )
    ]


def _odd_ones(work: Work, source: int, own: History) -> list[Signal]:
    """Hold odd documents inside the window against those before it: Fisher's exact test per kind."""
    first, end = _days(work, source)
    name, inside, outside = work.spec.sources[source].name, int(own.documents[0]), int(own.documents[1:].sum())
    found = []
    for kind, counts in own.odd.items():
        here, before = int(counts[0]), int(counts[1:].sum())
        expected = inside * before / max(outside, 1)
        p = len(KINDS) * float(fisher(np.array([here]), np.array([inside]), here + before, inside + outside)[0])
        if p <= ALPHA and here >= max(LEAST, _TIMES * expected):
            found.append(
                Signal(
                    kind="dump-edit",
                    source=name,
                    subject=name,
                    documents=here,
                    of=inside,
                    expected=expected,
                    p=p,
                    first=day_text(first),
                    last=day_text(end),
                    explanation=(
                        f"{here} of the {inside} documents inside the window before the dump have a text that {KINDS[kind]}, where "
                        f"{expected:.2g} would be expected from the time before."
                    ),
                )
            )
    return found


def _untested(work: Work, source: int) -> Signal:
    return Signal(
        kind="dump-edit",
        source=work.spec.sources[source].name,
        subject="",
        documents=0,
        of=0,
        explanation="No document, or more than half of them, is dated inside the window before the dump, so that nothing was tested.",
    )


def _days(work: Work, source: int) -> tuple[int, int]:
    return window_of(work.spec.sources[source], work.spec.signals.window_days) or (0, 0)
