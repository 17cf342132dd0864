"""What is said of sources of training data: what to defend first, the ways in, what has happened."""

from __future__ import annotations

from holdfast.plan.sources import HIGH_FROM, Ranked, SourceBook
from holdfast.report.hostile import line
from holdfast.report.plan_page import PlanSection, PlanTable, PlanView

__all__ = ["sources_view"]


def sources_view(book: SourceBook, ranked: tuple[Ranked, ...], *, own: str | None = None) -> PlanView:
    """Return sources by priority; `own` names the user's file, whose text is made visible first."""
    high = [line(one.source.name, limit=100) for one in ranked if one.high]
    first = f"Defend first: {', '.join(high)}" if high else f"No source has priority {HIGH_FROM} or more"
    ranking, ways, examples = _tables(ranked)
    return PlanView(
        title=line(book.title, limit=160),
        word="Sources",
        sentence=f"Sources. {first}.",
        subject=f"Source: {book.source}" + (f"; your own: {line(own, limit=200)}" if own else ""),
        steps=(
            "For each source to defend first: record where every row came from, and freeze what was checked.",
            "Filter, remove duplicates, and plant canaries, so that what is recalled can be measured: holdfast canary plant.",
            "Scan a sample of every source by itself: holdfast scan.",
        ),
        sections=(
            PlanSection(
                title="What to defend first",
                lead="Priority is how hard it is to see that a source was changed: very hard 4, hard 3, medium 2, easy 1, unknown 2.",
                tables=(ranking,),
            ),
            PlanSection(title="Ways in", tables=(ways,)),
            *((PlanSection(title="What has happened", tables=(examples,)),) if examples.rows else ()),
        ),
    )


def _tables(ranked: tuple[Ranked, ...]) -> tuple[PlanTable, PlanTable, PlanTable]:
    """Return the ranking, the ways in and the examples as tables."""
    rows = tuple(
        (
            line(one.source.name, limit=100),
            str(one.priority),
            "first" if one.high else "standard",
            one.source.detection,
            line("; ".join(one.source.reasons), limit=300),
        )
        for one in ranked
    )
    ways = tuple(
        (
            line(one.source.name, limit=100),
            line(one.source.scale, limit=100),
            line(", ".join(one.source.access), limit=300),
            line(one.source.persistence, limit=200),
        )
        for one in ranked
    )
    examples = tuple(
        (line(one.source.name, limit=100), line("; ".join(one.source.examples), limit=600)) for one in ranked if one.source.examples
    )
    return (
        PlanTable(caption="Sources by priority", heads=("Source", ">Priority", "Defend", "Detection", "Why"), rows=rows),
        PlanTable(caption="Ways in", heads=("Source", "Scale", "Attacker access", "Persistence"), rows=ways),
        PlanTable(caption="Examples", heads=("Source", "Examples"), rows=examples),
    )
