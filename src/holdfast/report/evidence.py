"""What the models said: flipped prompts and response patterns. All of it is untrusted text, made visible and shortened."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.core import PairedCounts
from holdfast.report.hostile import excerpt, line
from holdfast.report.inputs import FlipCounts, FlippedPrompt, ReportInput, ResponsePatterns
from holdfast.report.page import FlipsView, FlipView, MeasureRow, OpeningRow, PairedTable, PatternsView
from holdfast.report.wording import decimals_that_show_the_side, heading, label, percent

__all__ = ["flip_views", "flips_sentence", "flips_shown", "paired_table", "patterns_view"]

_TITLES = {"lost": "Refusals lost", "gained": "Refusals gained"}
_NOT_MEASURED = "not measured"


def paired_table(counts: PairedCounts | None) -> PairedTable | None:
    """Return the 2x2 table of one condition as text; None where there are no pairs."""
    if counts is None:
        return None
    return PairedTable(
        both=str(counts.both), base_only=str(counts.base_only), tuned_only=str(counts.tuned_only), neither=str(counts.neither)
    )


def flips_sentence(given: ReportInput, condition: str) -> str:
    """Return how many prompts flipped each way; '' where nobody counted."""
    counts = _counts(given, condition)
    if counts is None:
        return ""
    lost = f"{counts.lost} refusal{'' if counts.lost == 1 else 's'}"
    return f"Of {counts.n} prompts, the {given.names[1]} model lost {lost} and gained {counts.gained}."


def flips_shown(given: ReportInput, condition: str) -> str:
    """Return how many of the flipped prompts a page shows; '' where it shows all of them."""
    counts = _counts(given, condition)
    shown = sum(1 for flip in given.flips if flip.condition == condition)
    if counts is None or shown >= counts.lost + counts.gained:
        return ""
    if not shown:
        return "None of them is shown here; the run folder holds them."
    return f"{shown} of these {counts.lost + counts.gained} {'is' if shown == 1 else 'are'} shown here; the run folder holds all of them."


def _counts(given: ReportInput, condition: str) -> FlipCounts | None:
    return next((one for one in given.flip_counts if one.condition == condition), None)


def flip_views(given: ReportInput, condition: str) -> tuple[FlipsView, ...]:
    """Return the flipped prompts of a condition, lost refusals before gained ones, by category."""
    views = []
    for direction, title in _TITLES.items():
        flips = [flip for flip in given.flips if flip.condition == condition and flip.direction == direction]
        if flips:
            ordered = sorted(flips, key=lambda flip: flip.category)
            views.append(FlipsView(title=f"{title} ({len(flips)} shown)", flips=tuple(map(_flip_view, ordered))))
    return tuple(views)


def _flip_view(flip: FlippedPrompt) -> FlipView:
    return FlipView(
        prompt_id=line(flip.prompt_id, limit=60),
        category=heading(flip.category),
        base_outcome=label(flip.base_outcome),
        tuned_outcome=label(flip.tuned_outcome),
        prompt=excerpt(flip.prompt),
        base_text=excerpt(flip.base_text),
        tuned_text=excerpt(flip.tuned_text),
    )


def patterns_view(given: ReportInput, condition: str) -> PatternsView | None:
    """Return how the sides word their answers under a condition; None where nobody looked."""
    sides = {one.side: one for one in given.patterns if one.condition == condition}
    if not sides:
        return None
    base, tuned = sides.get("base"), sides.get("tuned")
    return PatternsView(rows=_pattern_rows(base, tuned), openings=tuple(_openings(one for one in (base, tuned) if one is not None)))


def _pattern_rows(base: ResponsePatterns | None, tuned: ResponsePatterns | None) -> tuple[MeasureRow, ...]:
    rows = [
        MeasureRow(name="Responses looked at", meaning="", base=_count(base), tuned=_count(tuned)),
        MeasureRow(name="Length", meaning="lower quartile, median, upper quartile", base=_length(base), tuned=_length(tuned)),
        MeasureRow(name="With a disclaimer", meaning="", base=_disclaimers(base), tuned=_disclaimers(tuned)),
    ]
    manners = dict.fromkeys(manner for one in (base, tuned) if one is not None for manner in one.manners)
    rows += [MeasureRow(name=heading(manner), meaning="", base=_manner(base, manner), tuned=_manner(tuned, manner)) for manner in manners]
    return tuple(rows)


def _count(one: ResponsePatterns | None) -> str:
    return _NOT_MEASURED if one is None else str(one.n)


def _length(one: ResponsePatterns | None) -> str:
    if one is None or one.length_quartiles is None:
        return _NOT_MEASURED
    quartiles = " / ".join(decimals_that_show_the_side(length, least=0 if length.is_integer() else 1) for length in one.length_quartiles)
    return f"{quartiles} {line(one.length_unit, limit=20)}"


def _disclaimers(one: ResponsePatterns | None) -> str:
    return _NOT_MEASURED if one is None or one.disclaimer_share is None else percent(one.disclaimer_share)


def _manner(one: ResponsePatterns | None, manner: str) -> str:
    """A manner that a side never showed is a true zero; one of a side that nobody looked at is not measured."""
    return _NOT_MEASURED if one is None else percent(one.manners.get(manner, 0.0))


def _openings(sides: Iterable[ResponsePatterns]) -> Iterable[OpeningRow]:
    for one in sides:
        for opening in one.openings:
            yield OpeningRow(side=one.side, text=line(opening.text, limit=100), share=percent(opening.share), count=str(opening.count))
