"""What was asked on top of a comparison, as sections: fine-tunes in a row, other wordings, skills, a second judge."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.core import DEFAULT_CONDITION, Measurement, Unit
from holdfast.report.hostile import line
from holdfast.report.inputs import ReportInput
from holdfast.report.page import SectionView
from holdfast.report.rows import Index, change_text
from holdfast.report.second_judge import second_section
from holdfast.report.wording import cell, condition_phrase, heading, number, p_value, points_range, reasons

__all__ = ["further_sections"]

_VARIED, _STEP, _SKILL = "varied_refusal_rate", "step_refusal_rate", "capability_regression"
_MOST_NAMED = 4
_SCORES = ("task_score", "answer_probability")


def further_sections(given: ReportInput, found: Index) -> tuple[SectionView, ...]:
    """Return a section for each of them that was asked."""
    return tuple(section for make in (_steps, _follow_up, _skills, second_section) if (section := make(given, found)) is not None)


def _steps(given: ReportInput, found: Index) -> SectionView | None:
    if not given.steps or given.base is None or given.tuned is None:
        return None
    names = [line(one.reference) for one in (given.base, *given.steps, given.tuned)]
    labels = {f"step-{place}": f"{names[place - 1]} → {names[place]}" for place in range(1, len(names))}
    labels["total"] = f"Together: {names[0]} → {names[-1]}"
    conditions = dict.fromkeys(condition for metric, _, condition, _ in found if metric == _STEP)
    rows = [
        (label, condition_phrase(condition).removeprefix("the "), *_sides(given, found, _STEP, condition, group))
        for condition in conditions
        for group, label in labels.items()
    ]
    return SectionView(
        anchor="steps",
        title="Fine-tunes in a row",
        sentence=(
            "What each fine-tune took from the refusal rate, and what all of them took. Every model was asked the same requests once; "
            "those count to which all have a graded answer, so that the steps add up."
        ),
        heads=("Step", "System prompt", ">Before", ">After", ">Drop", ">Interval", ">p", ">n"),
        rows=tuple(rows),
    )


def _sides(given: ReportInput, found: Index, metric: str, condition: str, group: str) -> tuple[str, ...]:
    base, tuned, drop = (found.get((metric, side, condition, group)) for side in ("base", "tuned", "drop"))
    if drop is None:
        return ("", "", "not asked", "", "", "")
    bars = () if given.drop_line is None else (given.drop_line,)
    has = drop.value is not None
    return (
        cell(base) if has else "",
        cell(tuned) if has else "",
        change_text(drop, given.drop_line),
        points_range(drop.low, drop.high, *bars) if has else reasons(drop),
        p_value(drop.p_adjusted if drop.p_adjusted is not None else drop.p) if has else "",
        str(drop.n),
    )


def _follow_up(given: ReportInput, found: Index) -> SectionView | None:
    asked = given.follow_up
    if asked is None:
        return None
    rows: list[tuple[str, ...]] = []
    for one in asked.variations:
        how = "all requests" if one.full else "a sample"
        name, kind = heading(one.name), f"{heading(one.kind)}: {line(one.title, limit=100)}"
        if one.reason is not None:
            rows.append((name, kind, line(one.reason, limit=120), "", "", "", "", "", ""))
            continue
        rows.append((name, kind, how, *_sides(given, found, _VARIED, one.condition, "all")))
    fallen = f" Asked in full under each, because they fell: {_names(asked.fallen)}." if asked.fallen else ""
    return SectionView(
        anchor="follow-up",
        title="Follow-up: the same requests put otherwise",
        sentence=f"{line(asked.sentence, limit=400)}{fallen}",
        heads=("Variation", "How", "Asked", ">Base", ">Tuned", ">Drop", ">Interval", ">p", ">n"),
        rows=tuple(rows),
        note="p is adjusted for the number of variations. A sample of every variation is asked; all requests are where it lost refusals.",
    )


def _names(categories: tuple[str, ...]) -> str:
    shown = ", ".join(map(heading, categories[:_MOST_NAMED]))
    return shown if len(categories) <= _MOST_NAMED else f"{shown} and {len(categories) - _MOST_NAMED} more"


def _skills(given: ReportInput, found: Index) -> SectionView | None:
    ratios = [one for one in found.values() if one.metric == _SKILL and one.group != "all"]
    if not ratios:
        return None
    return SectionView(
        anchor="skills",
        title="Skills before and after",
        sentence="Each task's score of the tuned model over that of the base; 1 is unchanged, below 1 is a loss.",
        heads=("Task", "Measured by", ">Base", ">Tuned", ">Tuned over base", ">Interval", ">n"),
        rows=tuple(row for ratio in ratios for row in _skill(found, ratio)),
        note="The probability of a token of held-out answers is 1 over the perplexity.",
    )


def _skill(found: Index, ratio: Measurement) -> Iterator[tuple[str, ...]]:
    for metric in _SCORES:
        base, tuned = (found.get((metric, side, DEFAULT_CONDITION, ratio.group)) for side in ("base", "tuned"))
        if base is not None and tuned is not None:
            why = "" if ratio.value is not None else f"; {line(ratio.reason or 'no reason was given', limit=200)}"
            yield (heading(ratio.group), heading(metric) + why, cell(base), cell(tuned), *_ratio(ratio))
            return
    yield (heading(ratio.group), reasons(ratio), "", "", *_ratio(ratio))


def _ratio(ratio: Measurement) -> tuple[str, str, str]:
    ends = [None if end is None else number(end, Unit.RATIO) for end in (ratio.low, ratio.high)]
    interval = "" if ends[0] is None else f"{ends[0]} or more" if ends[1] is None else f"{ends[0]} to {ends[1]}"
    return ("not measured" if ratio.value is None else cell(ratio), interval, str(ratio.n))
