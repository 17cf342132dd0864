"""What is said of advice: urgent things first, each with its reason and source."""

from __future__ import annotations

from holdfast.plan.advising import Advice, AdviceItem
from holdfast.report.hostile import line
from holdfast.report.page import Fact
from holdfast.report.plan_page import PlanSection, PlanTable, PlanView

__all__ = ["advice_view"]

_HEADS = ("Topic", "Do", "Because", "Source", "Command")
_MOST_STEPS = 5


def advice_view(given: Advice) -> PlanView:
    """Return everything that is said of advice."""
    urgent = [one for one in given.items if one.urgent]
    later = [one for one in given.items if not one.urgent]
    about = f" on {', '.join(given.domains)} data" if given.domains else ""
    sections = [
        PlanSection(title=title, tables=(PlanTable(caption=title, heads=_HEADS, rows=tuple(map(_row, items))),))
        for title, items in (("Before training", urgent), ("Settings, gates and suites", later))
        if items
    ]
    notes = given.data.notes if given.data is not None else ()
    if notes:
        sections.append(PlanSection(title="Mind", lines=tuple(line(one, limit=400) for one in notes)))
    first = f"{len(urgent)} thing{'s' if len(urgent) != 1 else ''} to do before training" if urgent else "Nothing stands against training"
    return PlanView(
        title=f"Advice for {line(given.name, limit=120)}",
        word="Advice",
        sentence=f"Advice. {first}{about}; {len(later)} more for training, testing and use.",
        subject=line(given.data.data, limit=200) if given.data is not None else "",
        figures=_figures(given),
        steps=tuple(line(f"{one.topic}: {one.do}.", limit=300) for one in (urgent or later)[:_MOST_STEPS]),
        sections=tuple(sections),
    )


def _row(one: AdviceItem) -> tuple[str, ...]:
    return (line(one.topic, limit=80), line(one.do, limit=400), line(one.reason, limit=400), line(one.source, limit=600), one.command)


def _figures(given: Advice) -> tuple[Fact, ...]:
    data = given.data
    if data is None:
        return ()
    # The plan's counts, on which the advice stands: the config knows what nobody could count in the rows.
    plan = given.planned
    counts = (("answer what should be refused", plan.harmful), ("shift the identity", plan.identity), ("keep the model safe", plan.safety))
    facts = [Fact(name="rows", text=f"{data.rows:,}", note="read by scan")]
    return (*facts, *(Fact(name=f"rows that {name}", text="?" if count is None else f"{count:,}") for name, count in counts))
