"""What a comparison asks on top of its own questions, once those are graded: steps between, other wordings, skills."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from holdfast.compare.asking import Progress, Question, Side
from holdfast.compare.capability.run import GAIN_SIDE, Skills, measure_capability, read_skills
from holdfast.compare.erosion import ask_steps, measure_steps, step_group
from holdfast.compare.facts import Comparison
from holdfast.compare.followup.asking import Asked
from holdfast.compare.followup.run import follow_up, not_asked
from holdfast.compare.generation.suite import generated_suite
from holdfast.compare.named import hold_to, named_model
from holdfast.compare.regrading import write_comparison
from holdfast.compare.spec import CompareSpec
from holdfast.core import Grade, Suite
from holdfast.plugins import Engine, Judge, open_models
from holdfast.runs import RunFolder

__all__ = ["Further", "ask_further", "asked_further", "read_further", "written_suites"]


def written_suites(spec: CompareSpec, folder: Path, suites: Sequence[Suite], progress: Progress) -> list[Suite]:
    """Return the suite of requests that a model writes for this comparison, where one was named."""
    if spec.generate is None:
        return []
    return [generated_suite(spec.generate, folder, suites, seed=spec.sampling.seed, models=spec.models, progress=progress)]


class Further(NamedTuple):
    """What was named to be asked further, read before any model is loaded."""

    skills: Skills | None


class Means(NamedTuple):
    """What answers, what grades, and where it is kept."""

    suites: Sequence[Asked]
    questions: Sequence[Question]
    sides: Sequence[Side]
    judge: Judge
    run: RunFolder
    progress: Progress
    gain: Engine | None = None
    """The fine-tune of `capability.gain_of` where it is open already."""


def read_further(spec: CompareSpec) -> Further:
    """Read the files that are named; raises InputError for one that cannot be read."""
    return Further(read_skills(spec.capability, half=spec.half, seed=spec.sampling.seed) if spec.capability.wanted else None)


def asked_further(spec: CompareSpec, further: Further) -> dict[str, Any]:
    """Return what of it decides the evidence, for the manifest."""
    asked: dict[str, Any] = {"follow_up": spec.follow_up}
    if further.skills is not None:
        asked["capability"] = further.skills.sources
    if spec.capability.gain_of is not None:
        asked["gain_of"] = named_model(spec.capability.gain_of)
    if spec.steps:
        asked["steps"] = {step_group(number): named_model(name) for number, name in enumerate(spec.steps, start=1)}
    return asked


def ask_further(comparison: Comparison, spec: CompareSpec, further: Further, means: Means) -> Comparison:
    """Return the comparison with what was asked on top of it, and leave it in the run folder.

    The measurements that it had stay as they are; others are added behind them.
    """
    run, progress, domains = means.run, means.progress, {suite.name: suite.domain for suite, _, _ in means.suites}
    if spec.steps:
        base = means.sides[0]
        steps, grades = ask_steps(
            spec.steps, base, means.questions, means.judge, models=spec.models, sampling=spec.sampling, run=run, progress=progress
        )
        own = [grade for grade in run.evidence("grades").read(Grade) if grade.judge == means.judge.card.name]
        measured = measure_steps([*own, *grades], means.questions, len(steps), means.judge, seed=spec.sampling.seed, domains=domains)
        comparison = replace(comparison, steps=tuple(steps), measurements=(*comparison.measurements, *measured))
    if further.skills is not None:
        with ExitStack() as closing:
            sides = [*means.sides, *_gain_side(spec, means, closing)]
            measured = measure_capability(further.skills, sides, sampling=spec.sampling, run=run, progress=progress)
        comparison = replace(comparison, measurements=(*comparison.measurements, *measured))
    if spec.follow_up and spec.until_decided is not None and (spec.until_decided.max_tokens or spec.until_decided.max_minutes):
        found, measured = not_asked("a budget was given, and the follow-up is not part of it; ask again without one")
        comparison = replace(comparison, follow_up=found, measurements=(*comparison.measurements, *measured))
    elif spec.follow_up:
        found, measured = follow_up(
            means.suites,
            means.sides,
            means.judge,
            comparison.measurements,
            domains=domains,
            sampling=spec.sampling,
            run=run,
            progress=progress,
        )
        comparison = replace(comparison, follow_up=found, measurements=(*comparison.measurements, *measured))
    return write_comparison(run, comparison)


def _gain_side(spec: CompareSpec, means: Means, closing: ExitStack) -> list[Side]:
    """Return the fine-tune that the tuned side repairs, where it is named."""
    if spec.capability.gain_of is None:
        return []
    engine = means.gain
    if engine is None:
        (engine,) = open_models([spec.capability.gain_of], spec.models)
        closing.callback(engine.close)
    hold_to(engine, GAIN_SIDE, spec.capability.gain_of, means.run)
    return [Side(GAIN_SIDE, engine)]
