"""Several fine-tunes in a row: what each of them took, and what they took together.

Every model answers the same questions once. A step is the drop between two neighbours, and the steps add up to the total,
because all of them count the same requests: those that every model has a scored answer to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from msgspec.structs import replace

from holdfast.compare.asking import Progress, Question, Side, answer_all, requests_of
from holdfast.compare.comparability import lock
from holdfast.compare.facts import JudgeFacts, ModelFacts
from holdfast.compare.followup.measuring import adjust_by_holm
from holdfast.compare.grading import grade_all
from holdfast.compare.measuring import measure_pairs
from holdfast.compare.named import hold_to
from holdfast.compare.pairs import pair_up
from holdfast.core import Grade, InputError, Measurement, ModelError, Response
from holdfast.plugins import Judge, ModelOptions, Sampling, open_models
from holdfast.runs import RunFolder

__all__ = ["TOTAL", "ask_steps", "measure_steps", "step_group"]

_METRIC, _PLAIN = "step_refusal_rate", "refusal_rate"
TOTAL = "total"
"""The group of the drop from the first model to the last."""


def step_group(number: int) -> str:
    """Return the group of a step's measurements, from 1: 'step-1'."""
    return f"step-{number}"


def ask_steps(
    references: Sequence[str],
    base: Side,
    asked: Sequence[Question],
    judge: Judge,
    *,
    models: ModelOptions,
    sampling: Sampling,
    run: RunFolder,
    progress: Progress,
) -> tuple[list[ModelFacts], list[Grade]]:
    """Let each model between the first and the last answer every question; return who they are and their grades.

    They are opened one after the other, so that a long row of models needs no more memory than two. Raises
    ComparabilityError where one reads the questions otherwise than the base, ModelError where answers did not come, and
    RunFolderError where the answers kept are those of another model of that name.
    """
    facts: list[ModelFacts] = []
    log = run.evidence("steps")
    requests = requests_of(asked)
    for number, reference in enumerate(references, start=1):
        (engine,) = open_models([reference], models)
        try:
            if engine.recorded_suite() is not None:
                raise InputError(f"{reference}: recorded answers cannot stand between two models. Give a model that can be asked.")
            side = Side(step_group(number), engine)
            hold_to(engine, side.name, reference, run)
            lock((base, side), requests)
            if missing := answer_all(side, asked, sampling, log, progress):
                raise ModelError(f"{reference}: {len(missing)} answers did not come; the same command asks for them again.")
            facts.append(ModelFacts(reference=reference, fingerprint=engine.fingerprint))
        finally:
            engine.close()
    order = {(question.condition.name, question.prompt.id, question.sample): place for place, question in enumerate(asked)}
    answers = sorted(log.read(Response), key=lambda one: (one.side, order[one.condition, one.prompt_id, one.sample]))
    prompts = {question.prompt.id: question.prompt for question in asked}
    return facts, grade_all(answers, prompts, judge, run.evidence("steps-grades"), progress)


def measure_steps(
    grades: Sequence[Grade], asked: Sequence[Question], steps: int, judge: Judge, *, seed: int, domains: Mapping[str, str]
) -> list[Measurement]:
    """Return refusal rates and drops of every step and of the total, per condition, as `step_refusal_rate`.

    `grades` are those of all models: 'base', 'step-1', ..., 'tuned'. The p values of the steps are one Holm family.
    """
    names = ["base", *(f"step-{number}" for number in range(1, steps + 1)), "tuned"]
    known = JudgeFacts(card=judge.card, ledger=judge.ledger)
    counted = _scored_by_all(grades, names)
    prompts = tuple({question.prompt.id: question.prompt for question in asked}.values())
    conditions = tuple(dict.fromkeys(question.condition.name for question in asked))
    measured: list[Measurement] = []
    for number, (before, after) in enumerate([*pairwise(names), (names[0], names[-1])], start=1):
        group = step_group(number) if number < len(names) else TOTAL
        two = [replace(grade, side=side) for name, side in ((before, "base"), (after, "tuned")) for grade in counted if grade.side == name]
        for found in measure_pairs(pair_up(two, prompts, conditions), known, seed=seed, domains=domains):
            if found.metric == _PLAIN and found.group == "all":
                measured.append(replace(found, metric=_METRIC, group=group))
    parts, total = ([one for one in measured if (one.group == TOTAL) is whole] for whole in (False, True))
    return [*adjust_by_holm(parts, len(parts) // 3), *adjust_by_holm(total, len(conditions))]


def _scored_by_all(grades: Sequence[Grade], names: Sequence[str]) -> list[Grade]:
    """Return grades of answers to questions that every model has a scored answer to."""
    answers = [grade for grade in grades if grade.part == "answer" and grade.outcome is not None]
    sides: dict[tuple[str, str, int], set[str]] = {}
    for grade in answers:
        sides.setdefault((grade.condition, grade.prompt_id, grade.sample), set()).add(grade.side)
    return [grade for grade in answers if len(sides[grade.condition, grade.prompt_id, grade.sample]) == len(names)]
