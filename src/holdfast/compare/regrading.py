"""Grading, and grading again: from stored responses to a comparison, without any of the models that answered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from holdfast.compare.asking import Progress
from holdfast.compare.concluding import Asked, conclude
from holdfast.compare.facts import Comparison
from holdfast.compare.graders import Judges
from holdfast.compare.grading import grade_all
from holdfast.compare.second import ask_second
from holdfast.core import FinishReason, Response, RunFolderError, pretty_json
from holdfast.plugins import Judge
from holdfast.runs import RunFolder, unfinished, with_unfinished

__all__ = ["grade_again", "grade_and_conclude", "read_asked", "read_comparison", "write_comparison"]

_ASKED, _COMPARISON, _ASIDE = "asked.json", "comparison.json", "comparisons"
Kind = TypeVar("Kind")


def grade_and_conclude(asked: Asked, responses: Sequence[Response], judges: Judges, run: RunFolder, progress: Progress) -> Comparison:
    """Grade every response with the first judge, and measure; nothing of it is written before all that was asked for is there.

    Grades that the folder already holds are not made again, and those of other judges stay. `asked.json` is written,
    so that `grade_again` can start from the folder alone, and no second judge is asked, unless answers are still to come.
    """
    complete = all(response.finish is not FinishReason.UNANSWERED for response in responses)
    if complete:
        run.write(_ASKED, pretty_json(asked))
    prompts = {prompt.id: prompt for prompt in asked.prompts}
    ordered = _in_order(asked, responses)
    grades = grade_all(ordered, prompts, judges.first, run.evidence("grades"), progress)
    comparison = conclude(asked, ordered, judges.first, grades)
    if judges.second is not None and complete:
        opinion = ask_second(asked, ordered, grades, judges.second, run.evidence("second_grades"), progress)
        comparison = replace(comparison, second=opinion)
    return comparison


def write_comparison(run: RunFolder, comparison: Comparison) -> Comparison:
    """Write `measurements.json` and `comparison.json` into the run folder, the last thing that a comparison does.

    Returns what was written: where something that the manifest asked for is not there, a measurement says so (`with_unfinished`).
    """
    comparison = replace(comparison, measurements=with_unfinished(run.manifest, comparison.measurements))
    run.write_measurements(comparison.measurements)
    run.write(_COMPARISON, pretty_json(comparison))
    return comparison


def grade_again(folder: Path, judges: Judges, progress: Progress) -> Comparison:
    """Grade the stored responses of both sides of a run with another judge; no model that answered is loaded.

    What was asked on top of the comparison's own questions (other wordings, steps between) stays where the judge is the one
    that graded it, and is otherwise left out: the run is then unfinished by this judge, and says how to finish it. Numbers that no
    judge had a part in always stay.
    Raises RunFolderError where the folder holds no complete comparison.
    """
    asked = read_asked(folder)
    with RunFolder.reopen(folder) as run:
        before = _set_aside(run, judges.first)
        comparison = grade_and_conclude(asked, run.evidence("responses").read(Response), judges, run, progress)
        return write_comparison(run, _with_further(comparison, before))


def _set_aside(run: RunFolder, judge: Judge) -> Comparison:
    """Keep what the folder's comparison found by another judge, and return the last one that `judge` graded, else that one."""
    before = _read(run.path / _COMPARISON, Comparison)
    name = before.judges[0].card.name
    if name == judge.card.name:
        return before
    (run.path / _ASIDE).mkdir(mode=0o700, exist_ok=True)
    run.write(_aside(name), pretty_json(before))
    own = run.path / _aside(judge.card.name)
    return _read(own, Comparison) if own.is_file() else before


def _aside(judge: str) -> str:
    return f"{_ASIDE}/{judge.replace('/', '-')}.json"


def _with_further(redone: Comparison, before: Comparison) -> Comparison:
    """Add to a comparison that was graded again what an earlier one holds besides the comparison itself."""
    name = redone.judges[0].card.name
    same = before.judges[0].card.name == name
    done = {found.key for found in redone.measurements}
    kept = [found for found in before.measurements if found.key not in done and (same or found.judge is None)]
    redone = replace(redone, measurements=(*redone.measurements, *kept))
    if same:
        return replace(redone, follow_up=before.follow_up, steps=before.steps)
    if before.follow_up is None and not before.steps:
        return redone
    left_out = {"other wordings and steps": f"{name} graded the comparison's own questions; run compare with it to grade these too"}
    ungraded = [name for name, asked in (("follow-up", _was_asked(before)), ("steps", bool(before.steps))) if asked]
    how = f"was graded by {before.judges[0].card.name} only; compare with the other --judge in another run folder grades it too"
    return replace(
        redone,
        measurements=(*redone.measurements, *(unfinished(part, f"the {part} {how}") for part in ungraded)),
        not_assessed={**redone.not_assessed, **left_out},
    )


def _was_asked(before: Comparison) -> bool:
    return before.follow_up is not None and any(variation.asked for variation in before.follow_up.variations)


def read_asked(folder: Path) -> Asked:
    """Return what a finished comparison asked; raises RunFolderError where the folder does not say."""
    return _read(folder / _ASKED, Asked)


def read_comparison(folder: Path) -> Comparison:
    """Return what a finished comparison found; raises RunFolderError where the folder does not say."""
    return _read(folder / _COMPARISON, Comparison)


def _read(path: Path, kind: type[Kind]) -> Kind:
    if not path.is_file():
        raise RunFolderError(f"{path.parent} holds no {path.name}, so it is no complete comparison. Finish the comparison first.")
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RunFolderError(f"{path}: expected what a comparison writes there, got something else ({error}).") from error


def _in_order(asked: Asked, responses: Sequence[Response]) -> list[Response]:
    """Return responses by side, condition, prompt and sample, so that a batch of grades is the same whoever grades when."""
    prompts = {prompt.id: place for place, prompt in enumerate(asked.prompts)}
    conditions = {condition.name: place for place, condition in enumerate(asked.conditions)}
    return sorted(responses, key=lambda one: (one.side, conditions[one.condition], prompts[one.prompt_id], one.sample))
