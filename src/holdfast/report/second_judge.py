"""Where the judges disagree: the flipped prompts that a second judge sees otherwise than the first."""

from __future__ import annotations

from holdfast.report.hostile import line
from holdfast.report.inputs import ReportInput
from holdfast.report.page import SectionView
from holdfast.report.rows import Index
from holdfast.report.wording import condition_phrase, heading, label

__all__ = ["second_section"]

_MOST = 60
_SAYS = {False: "disagrees", None: "could not grade it"}


def second_section(given: ReportInput, found: Index) -> SectionView | None:
    """Return the section; None where no second judge was asked."""
    second = given.second
    if second is None:
        return None
    total = len(second.opinions)
    first = line(given.judges[0].card.name) if given.judges else "the first judge"
    other = line(second.judge.card.name)
    odd = [opinion for opinion in second.opinions if opinion.agrees is not True]
    counts = (
        f"sees {second.count(True)} of {total} flips alike and {second.count(False)} otherwise, and could not grade {second.count(None)}"
    )
    return SectionView(
        anchor="second-judge",
        title="Where the judges disagree",
        sentence=f"A second judge, {other}, looked at every prompt that flipped by the grades of {first}: it {counts}.",
        heads=("Prompt", "Category", "System prompt", "First judge", "Second judge: base → tuned", "It"),
        rows=tuple(
            (
                line(one.prompt_id, limit=60),
                heading(one.category),
                condition_phrase(one.condition).removeprefix("the "),
                f"refusal {one.direction}",
                f"{label(one.base_outcome)} → {label(one.tuned_outcome)}",
                _SAYS[one.agrees],
            )
            for one in odd[:_MOST]
        ),
        note=_note(len(odd)),
    )


def _note(odd: int) -> str:
    shown = "" if odd <= _MOST else f"{_MOST} of {odd} are shown; comparison.json in the run folder holds all of them. "
    return f"{shown}Its grades are of a chosen part of the answers: they check flips, and no rate is computed from them."
