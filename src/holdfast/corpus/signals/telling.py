"""What the searches among hosts and authors have in common when they are told."""

from __future__ import annotations

from typing import TypedDict

from holdfast.corpus.signals.families import Family
from holdfast.corpus.signals.looking_up import StandsOut
from holdfast.corpus.signals.standing_out import Searched
from holdfast.corpus.signals.tally import NO_DAY, WHOSE, day_text
from holdfast.corpus.steps import Signal
from holdfast.corpus.work import Work

__all__ = ["Days", "days_of", "searched"]


class Days(TypedDict):
    """First and last day, ISO 8601."""

    first: str | None
    last: str | None


def days_of(one: StandsOut) -> Days:
    """Return the days of the documents, None for both where none is dated."""
    if one.first == NO_DAY:
        return {"first": None, "last": None}
    return {"first": day_text(one.first), "last": day_text(one.last)}


def searched(work: Work, came: Searched, kind: str, what: str) -> list[Signal]:
    """Return, per source and per hosts or authors, how many of what would have been seen.

    Args:
        work: the run.
        came: what the search gave.
        kind: of the signals; '' for 'host' and 'author'.
        what: of what, with '{whose}' in the place of host or author.
    """
    told = []
    for source, whose in sorted({(family.source, family.whose) for family in came.hosts}):
        own = [family for family in came.hosts if (family.source, family.whose) == (source, whose)]
        # Several kinds were looked for: the number that is enough for each of them.
        limits = [came.limits[family] for family in own]
        limit = None if None in limits else max(one for one in limits if one is not None)
        told.append(
            Signal(
                kind=kind or WHOSE[whose],
                source=work.spec.sources[source].name,
                subject="",
                documents=0,
                of=max(came.hosts[family] for family in own),
                limit=limit,
                explanation=_limit_in_words(came, own, what.format(whose=WHOSE[whose]), WHOSE[whose], limit),
            )
        )
    return told


def _limit_in_words(came: Searched, own: list[Family], what: str, whose: str, limit: int | None) -> str:
    compared = max(came.hosts[family] for family in own)
    if limit is not None:
        return f"{compared} {whose}s were compared (by day where the search is by day); {limit} {what} would have been seen."
    if compared < 20:
        return f"Fewer than 20 {whose}s: too few to say how they differ by nature, so nothing was tested."
    return f"{compared} {whose}s differ so much by nature that no number of {what} would have been out of the ordinary in each search."
