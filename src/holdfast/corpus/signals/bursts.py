"""Sudden bursts: one host or author puts up many near-identical documents on one day, against its own other days and its source's."""

from __future__ import annotations

from holdfast.corpus.signals.families import Measure
from holdfast.corpus.signals.standing_out import Searched, stand_out
from holdfast.corpus.signals.tally import WHOSE
from holdfast.corpus.signals.telling import days_of, searched
from holdfast.corpus.steps import Duplicates, Signal
from holdfast.corpus.work import Work

__all__ = ["find_bursts"]


def find_bursts(work: Work, duplicates: Duplicates) -> tuple[Signal, ...]:
    """Return the bursts, surest first, and per source what would have been seen; documents without a date are left out."""
    came = stand_out(work, duplicates, "bursts", [Measure("copies", by_day=True)])
    return (*_bursts(work, came), *searched(work, came, "burst", "documents of one {whose} on one day that repeat others"))


def _bursts(work: Work, came: Searched) -> list[Signal]:
    return [
        Signal(
            kind="burst",
            source=work.spec.sources[one.family.source].name,
            subject=one.name,
            documents=one.shown,
            of=one.documents,
            expected=one.expected,
            p=one.p,
            limit=came.limits[one.family],
            **days_of(one),
            explanation=(
                f"{one.shown} of the {one.documents} documents of one {WHOSE[one.family.whose]} on these days repeat another one, where "
                f"{one.expected:.2g} would be expected from its other days and from the rest of the source."
            ),
            examples=one.examples,
        )
        for one in came.found
    ]
