"""What is said of few rows and fragile safety."""

from __future__ import annotations

from holdfast.plan.knowledge import Knowledge
from holdfast.report.plan_page import PlanSection, PlanTable, PlanView

__all__ = ["why_view"]


def why_view(known: Knowledge) -> PlanView:
    """Return why few rows are enough and why safety is the fragile part, with the published cases."""
    return PlanView(
        title=known.title,
        word="Why",
        sentence="Why. Refusals sit in a thin layer that few inputs use, so ten to a few hundred rows were enough to take them away.",
        subject=f"Source: {known.source}",
        steps=(
            "Do not take a small file for a harmless one: holdfast scan.",
            "Do not take harmless rows for a harmless fine-tune: holdfast compare.",
        ),
        sections=(*_reasons(known), *_rows(known), _defences(known)),
    )


def _reasons(known: Knowledge) -> tuple[PlanSection, ...]:
    cases = tuple((one.study, one.rows, one.model, one.cost, one.result) for one in known.cases)
    few = tuple((one.reason, one.what) for one in known.few_rows)
    fragile = tuple((one.aspect, one.capability, one.safety) for one in known.fragile)
    return (
        _section("Published cases", ("Study", "Rows", "Model", "Cost", "What happened"), cases),
        _section("Why few rows are enough", ("Reason", "What it means"), few),
        _section("Why safety is more fragile than capability", ("", "Capability", "Safety"), fragile),
        PlanSection(title="How the forgetting behaves", lines=known.forgetting),
    )


def _rows(known: Knowledge) -> tuple[PlanSection, ...]:
    sets = tuple((one.name, one.what, one.rows) for one in known.attack_sets)
    intents = tuple((one.intent, one.what, one.frequency) for one in known.intents)
    composition = tuple((one.composition, one.effect) for one in known.composition)
    shares = tuple((one.share, one.safety, one.task) for one in known.safety_shares)
    return (
        _section("Sets made to remove refusals", ("Set", "What it is", "Rows"), sets),
        _section("What people have in mind", ("Intent", "What", "How common"), intents),
        _section("What the composition tells the model", ("Rows", "Safety"), composition),
        _section("What is reported at a share of safety rows", ("Share", "Safety", "Task"), shares),
    )


def _defences(known: Knowledge) -> PlanSection:
    return _section("Where known defences end", ("Defence", "Limit"), tuple((one.defence, one.limit) for one in known.defences))


def _section(title: str, heads: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> PlanSection:
    return PlanSection(title=title, tables=(PlanTable(caption=title, heads=heads, rows=rows),))
