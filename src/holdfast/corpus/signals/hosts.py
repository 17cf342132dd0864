"""One host or author behind many: of documents that repeat others, and of documents with an odd tail."""

from __future__ import annotations

from holdfast.corpus.signals.families import Measure
from holdfast.corpus.signals.standing_out import stand_out
from holdfast.corpus.signals.tails import KINDS
from holdfast.corpus.signals.tally import WHOSE
from holdfast.corpus.signals.telling import searched, signal
from holdfast.corpus.steps import Duplicates, Signal
from holdfast.corpus.work import Work

__all__ = ["find_hosts"]

_SAYS = {"copies": "repeat another document", **{f"odd{kind}": f"have a text that {says}" for kind, says in KINDS.items()}}


def find_hosts(work: Work, duplicates: Duplicates) -> tuple[Signal, ...]:
    """Return the hosts and authors that stand out, surest first, and per source what would have been seen."""
    came = stand_out(work, duplicates, "hosts", [Measure(name) for name in _SAYS])
    found = [
        signal(work, came, one, WHOSE[one.family.whose], _SAYS[one.family.measure.name], "the others of the source") for one in came.found
    ]
    return (*found, *searched(work, came, "", "documents of one {whose} that repeat others or have an odd tail"))
