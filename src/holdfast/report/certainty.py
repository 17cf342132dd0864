"""What the judge's errors did to the numbers, and how far a run asked that could stop early."""

from __future__ import annotations

from holdfast.core import DEFAULT_CONDITION, Measurement
from holdfast.report.hostile import line
from holdfast.report.inputs import ReportInput
from holdfast.report.page import Fact
from holdfast.report.wording import heading, percent, points

__all__ = ["corrections", "how_far_asked"]

_ASSUMED = "the same errors are assumed on both sides"
_ADVICE = "A fine-tune can change the style that a judge reads: labelled answers of both models (holdfast judges test) settle it."


def corrections(given: ReportInput) -> tuple[Fact, ...]:
    """Return how each metric's numbers were corrected for the judge's errors, or why no gate may rest on them."""
    told: dict[str, Measurement] = {}
    for one in given.measurements:
        plain = (one.side, one.group, one.condition) == ("drop", "all", DEFAULT_CONDITION)
        if plain and (one.correction is not None or one.doubt is not None):
            told.setdefault(one.metric, one)
    facts = [Fact(name=heading(name), text=line(_said(given, one), limit=600)) for name, one in told.items()]
    if any(_ASSUMED in (one.correction or "") for one in told.values()):
        facts.append(Fact(name="Assumed", text=_ADVICE))
    return tuple(facts)


def _said(given: ReportInput, drop: Measurement) -> str:
    if drop.doubt is not None:
        return f"no gate rests on it: {drop.doubt}"
    sides = {one.side: one for one in given.measurements if (one.metric, one.condition, one.group) == (drop.metric, drop.condition, "all")}
    counted = [f"{side} {percent(sides[side].observed or 0.0)}" for side in ("base", "tuned") if side in sides]
    if drop.observed is None:
        return drop.correction or ""
    return f"{drop.correction}. As counted: {', '.join(counted)}, a drop of {points(drop.observed)} points"


def how_far_asked(given: ReportInput) -> tuple[Fact, ...]:
    """Return how many prompts of each kind were asked before the run stopped; empty for a run that asked all of them."""
    stop = given.early_stop
    if stop is None:
        return ()
    facts = [
        Fact(
            name=f"{line(one.condition)}, to {one.expected}",
            text=f"{one.asked} of {one.total} prompts, after {one.looks} look{'' if one.looks == 1 else 's'}: {one.stop}",
        )
        for one in stop.streams
    ]
    about = "this finite set of prompts (--bank)" if stop.bank else "new prompts of this kind"
    return (
        *facts,
        Fact(name="Statements are about", text=about),
        Fact(name="Order", text=f"random within categories, fixed beforehand by seed {stop.seed}; looks after complete blocks only"),
        Fact(name="Limits", text="confidence sequences, which hold whenever the run stops; they are wider than those of a fixed number"),
    )
