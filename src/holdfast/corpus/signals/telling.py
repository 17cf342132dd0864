"""What the searches among hosts and authors have in common when they are told."""

from __future__ import annotations

from holdfast.corpus.signals.families import Family
from holdfast.corpus.signals.looking_up import StandsOut
from holdfast.corpus.signals.standing_out import Searched
from holdfast.corpus.signals.tally import NO_DAY, WHOSE, day_text
from holdfast.corpus.steps import Signal
from holdfast.corpus.work import Work

__all__ = ["searched", "signal"]


def signal(work: Work, came: Searched, one: StandsOut, kind: str, does: str, where: str) -> Signal:
    """Return one host or author that stands out, as a signal.

    Args:
        work: the run.
        came: what the search gave.
        one: who stands out.
        kind: of the signal.
        does: what the documents do: 'repeat another document'.
        where: what the expectation comes from: 'the others of the source'.
    """
    dated = one.first != NO_DAY
    return Signal(
        kind=kind,
        source=work.spec.sources[one.family.source].name,
        subject=one.name,
        documents=one.shown,
        of=one.documents,
        expected=one.expected,
        p=one.p,
        limit=came.limits[one.family],
        first=day_text(one.first) if dated else None,
        last=day_text(one.last) if dated else None,
        explanation=(
            f"{one.shown} of the {one.documents} documents of one {WHOSE[one.family.whose]} {does}, where "
            f"{one.expected:.2g} would be expected from {where}."
        ),
        examples=one.examples,
    )


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
