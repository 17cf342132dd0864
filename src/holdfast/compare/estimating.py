"""Before a run: how many answers, tokens and minutes it is going to take, from a small sample of each side's answers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from math import log

from holdfast.compare.asking import Question, Side, requests_of
from holdfast.compare.deciding import stopping_gates, streams_of
from holdfast.compare.deciding.streams import Stream
from holdfast.compare.planning import Plan, open_named, open_sides, prepare
from holdfast.compare.spec import CompareSpec
from holdfast.core import Value
from holdfast.plugins import Engine, Sampling
from holdfast.stats import log_e_noninferior

__all__ = ["Estimate", "SideEstimate", "estimate_comparison"]

_SAMPLE = 16


class SideEstimate(Value, frozen=True, kw_only=True):
    """What one side's answers are going to take."""

    side: str
    sampled: int
    """Answers that were made for the estimate, and are not kept."""
    seconds: float
    """All answers, at the pace of the sample; batches of a full run are larger, so it may be faster."""
    tokens: int | None
    """All answers, at the sample's mean length; None where the engine does not count tokens."""


class Estimate(Value, frozen=True, kw_only=True):
    """What a comparison is going to take, without its follow-up, its judge and its capability tests."""

    answers: int
    """Per side, where every prompt is asked."""
    most_tokens: int
    """Both sides together, if every answer used its whole budget."""
    sides: tuple[SideEstimate, ...]
    least_until_decided: int | None = None
    """Answers per side that --until-decided takes where not a single answer differs; None without it."""


def estimate_comparison(spec: CompareSpec, engines: Sequence[Engine] | None = None) -> Estimate:
    """Open the models, let each answer a few of the prompts, and say what all of them would take. Writes nothing.

    Raises a HoldfastError for whatever `run_comparison` would refuse before its first answer.
    """
    with ExitStack() as closing:
        named = open_named(spec, closing)
        plan = prepare(spec, named, open_sides(spec, engines, closing), closing, lambda suites: [])
        return Estimate(
            answers=len(plan.asked),
            most_tokens=2 * len(plan.asked) * spec.sampling.max_new_tokens,
            sides=tuple(_side(side, plan.asked, spec.sampling) for side in plan.sides),
            least_until_decided=_least(plan, spec),
        )


def _side(side: Side, asked: Sequence[Question], sampling: Sampling) -> SideEstimate:
    step = max(1, len(asked) // _SAMPLE)
    sample = requests_of(asked[::step][:_SAMPLE])
    started, tokens = time.perf_counter(), []
    for batch in side.engine.plan(sample, sampling):
        tokens += [answer.tokens for answer in side.engine.generate([sample[index] for index in batch], sampling)]
    share = len(asked) / len(sample)
    known = [count for count in tokens if count is not None]
    return SideEstimate(
        side=side.name,
        sampled=len(sample),
        seconds=(time.perf_counter() - started) * share,
        tokens=round(sum(known) * share) if len(known) == len(tokens) else None,
    )


def _least(plan: Plan, spec: CompareSpec) -> int | None:
    if spec.until_decided is None:
        return None
    streams = streams_of(plan.asked_suites, stopping_gates(spec.until_decided.gates), seed=spec.sampling.seed)
    return spec.samples * sum(_until_clear(stream) for stream in streams)


def _until_clear(stream: Stream) -> int:
    """Return how many prompts of a stream settle all its gates when no answer differs and the judge makes no error."""
    asked = 0
    for block in stream.blocks:
        asked += len(block)
        shown = (log_e_noninferior([0.0] * asked, margin=target.margin)[-1] >= log(1 / target.alpha) for target in stream.targets)
        if all(shown):
            break
    return asked
