"""Sudden bursts: one host or author puts up many near-identical documents on one day, against its own other days and its source's."""

from __future__ import annotations

from holdfast.corpus.signals.families import Measure
from holdfast.corpus.signals.standing_out import stand_out
from holdfast.corpus.signals.telling import searched, signal
from holdfast.corpus.steps import Duplicates, Signal
from holdfast.corpus.work import Work

__all__ = ["find_bursts"]


def find_bursts(work: Work, duplicates: Duplicates) -> tuple[Signal, ...]:
    """Return the bursts, surest first, and per source what would have been seen; documents without a date are left out."""
    came = stand_out(work, duplicates, "bursts", [Measure("copies", by_day=True)])
    found = [
        signal(work, came, one, "burst", "on these days repeat another one", "its other days and from the rest of the source")
        for one in came.found
    ]
    return (*found, *searched(work, came, "burst", "documents of one {whose} on one day that repeat others"))
