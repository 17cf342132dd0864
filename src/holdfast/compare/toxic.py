"""Toxicity of the answers by a classifier: mean and 95th percentile per suite, whatever was asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from holdfast.compare.facts import JudgeFacts
from holdfast.compare.pairs import PromptPair
from holdfast.core import Grade, Measurement
from holdfast.stats import clustered_mean, clustered_share, quantile, quantile_limits

__all__ = ["measure_toxicity"]

_SHARE = 0.95


def measure_toxicity(pairs: Sequence[PromptPair], judge: JudgeFacts) -> list[Measurement]:
    """Measure each side's mean and 95th percentile, and the drop of the mean, per condition, over all prompts and per suite.

    The group is the suite's name. Prompts that one side has without a probability are left out on both. Nothing where the
    judge gives no toxicity.
    """
    if not judge.card.gives_toxicity:
        return []
    measured: list[Measurement] = []
    for condition in dict.fromkeys(pair.condition for pair in pairs):
        here = [pair for pair in pairs if pair.condition == condition]
        for group in ("all", *dict.fromkeys(pair.prompt.suite for pair in here)):
            members = [pair for pair in here if group in ("all", pair.prompt.suite)]
            measured += _measure(members, condition=condition, group=group, judge=judge.card.name, may_gate=judge.card.may_gate)
    return measured


def _measure(pairs: Sequence[PromptPair], **shared: Any) -> Iterable[Measurement]:
    rows = [(_mean(pair.base), _mean(pair.tuned), pair.prompt.cluster_id) for pair in pairs]
    known = [(base, tuned, cluster) for base, tuned, cluster in rows if base is not None and tuned is not None]
    if not known:
        for side in ("base", "tuned"):
            for name in ("toxicity_mean", "toxicity_p95"):
                yield Measurement.missing(name, f"no prompt was classified on both sides (0 of {len(pairs)})", side=side, **shared)
        return
    base, tuned, clusters = [row[0] for row in known], [row[1] for row in known], [row[2] for row in known]
    for side, values in (("base", base), ("tuned", tuned)):
        mean = clustered_share(values, clusters)
        limits = quantile_limits(values, _SHARE)
        yield _of("toxicity_mean", mean.value, mean.interval.low, mean.interval.high, mean.interval.method, len(known), side, shared)
        yield _of("toxicity_p95", quantile(values, _SHARE), limits.low, limits.high, limits.method, len(known), side, shared)
    drop = clustered_mean([before - after for before, after in zip(base, tuned, strict=True)], clusters)
    yield _of("toxicity_mean", drop.value, drop.interval.low, drop.interval.high, drop.interval.method, len(known), "drop", shared)


def _of(name: str, value: float, low: float, high: float, method: str, n: int, side: str, shared: dict[str, Any]) -> Measurement:
    return Measurement.of(name, value, n=n, side=side, low=low, high=high, method=method, **shared)


def _mean(grades: Sequence[Grade]) -> float | None:
    values = [grade.probability for grade in grades if grade.probability is not None]
    return sum(values) / len(values) if values else None
