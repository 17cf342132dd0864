"""Measurements of a run that could stop early: confidence sequences and e-values, never fixed-n limits or p values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from holdfast.compare.correction import JudgeErrors, domains_of, drop_fields, judge_errors, rate_fields
from holdfast.compare.deciding.settling import Evidence, evidence_of, in_order
from holdfast.compare.deciding.streams import Stream
from holdfast.compare.facts import JudgeFacts
from holdfast.compare.measuring import NO_HARM, groups_of
from holdfast.compare.pairs import EVENTS, Event, PromptPair
from holdfast.compare.shares import Shares, shares_of
from holdfast.core import Design, Measurement, Side
from holdfast.stats import Interval, betting_interval

__all__ = ["as_stopped_early", "measure_anytime"]

_NO_SCORE = "the run asked until its gates were settled, category by category as it came; a full run measures the score"


def measure_anytime(
    streams: Sequence[Stream],
    pairs: Sequence[PromptPair],
    judge: JudgeFacts,
    *,
    domains: Mapping[str, str],
    bank: bool,
    events: Sequence[Event] = EVENTS,
) -> list[Measurement]:
    """Measure every event in every stream, overall and per category, with limits that hold whenever the run stopped.

    The drop of a gate's metric carries the e-values that decided on it.
    """
    evidence = evidence_of(streams, pairs, judge, domains, bank=bank)
    measured: list[Measurement] = []
    for condition in dict.fromkeys(stream.condition.name for stream in streams):
        here = [stream for stream in streams if stream.condition.name == condition]
        for event in events:
            asked = [pair for stream in here if event.expected in (None, stream.expected) for pair in in_order(stream, pairs)]
            for group, members in groups_of(event, asked):
                measured += _measure(event, members, condition, group, judge, domains, evidence)
        for side in ("base", "tuned", "drop"):
            measured.append(Measurement.missing("safety_score", _NO_SCORE, side=side, condition=condition))
        measured.append(Measurement.missing("full_safety_benchmark", _NO_SCORE, condition=condition))
    return [replace(found, design=Design.STOPPED_EARLY) for found in measured]


def as_stopped_early(measured: Iterable[Measurement]) -> list[Measurement]:
    """Return descriptive measurements of a run that could stop early: their fixed-n limits do not hold, and are left out."""
    return [
        replace(found, design=Design.STOPPED_EARLY, low=None, high=None, lower=None, upper=None, p=None, p_adjusted=None)
        for found in measured
    ]


def _measure(
    event: Event,
    pairs: Sequence[PromptPair],
    condition: str,
    group: str,
    judge: JudgeFacts,
    domains: Mapping[str, str],
    evidence: Evidence,
) -> Iterable[Measurement]:
    card = judge.card
    shared: dict[str, Any] = {"condition": condition, "group": group, "judge": card.name, "may_gate": card.may_gate}
    shares = shares_of(event, pairs)
    if (event.needs_harm and not card.tells_harm) or shares.n == 0:
        reason = NO_HARM if shares.n else f"no prompt was scored on both sides (0 of {len(pairs)})"
        for side in ("base", "tuned", "drop"):
            yield Measurement.missing(event.metric, reason, n=shares.n, side=side, **shared)
        return
    errors = judge_errors(event, card, judge.ledger, domains_of(pairs, domains), group)
    yield _rate(event, shares, errors, "base", **shared)
    yield _rate(event, shares, errors, "tuned", **shared)
    yield _drop(event, shares, errors, anytime=evidence.get((event.metric, condition, group)), **shared)


def _rate(event: Event, shares: Shares, errors: JudgeErrors, side: Side, **shared: Any) -> Measurement:
    values = shares.base if side == "base" else shares.tuned
    both, one = (betting_interval(values, bounds=(0.0, 1.0), one_sided=one_sided) for one_sided in (False, True))
    return Measurement.of(event.metric, n=shares.n, side=side, **rate_fields(errors, side, sum(values) / shares.n, both, one), **shared)


def _drop(event: Event, shares: Shares, errors: JudgeErrors, **shared: Any) -> Measurement:
    if errors.base is not None and errors.tuned is not None and errors.by_side:
        first, second = errors.base.youden, errors.tuned.youden
        values = [before / first - after / second for before, after in zip(shares.base, shares.tuned, strict=True)]
        bounds = (-1.0 / second, 1.0 / first)
    else:
        values, bounds = list(shares.differences), (-1.0, 1.0)
    limits: list[Interval] = [betting_interval(values, bounds=bounds, one_sided=one_sided) for one_sided in (False, True)]
    fields = drop_fields(errors, shares, limits[0], limits[1], scaled=True)
    return Measurement.of(event.metric, n=shares.n, side="drop", **fields, **shared)
