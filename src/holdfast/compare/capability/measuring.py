"""From scores of both sides to `capability_regression`: tuned over base, with limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from holdfast.compare.capability.asking import TaskResult
from holdfast.compare.capability.results import Scores
from holdfast.core import InputError, Measurement
from holdfast.stats import Ratio, clustered_mean, newcombe, paired_ratio, probability_ratio, ratio_of_points, wilson
from holdfast.stats.intervals import critical_value, wilson_limits

__all__ = ["lowest", "measure_held_out", "measure_results", "measure_task"]

_METRIC = "capability_regression"
_MOST_MISSING = 0.05
"""Share of a task's questions that may lack a score on either side before its ratio counts as not measured."""
_SIDES = ("base", "tuned")


def measure_task(task: str, results: Sequence[TaskResult], reasons: Sequence[str]) -> list[Measurement]:
    """Return score per side, drop and ratio of one task, over the questions that both sides have a score for."""
    by_side = {side: {one.id: one.score for one in results if one.side == side and one.score is not None} for side in _SIDES}
    total = len({one.id for one in results})
    return _measure(task, by_side, total, reasons, "right answers")


def measure_results(base: Mapping[str, Scores], tuned: Mapping[str, Scores]) -> list[Measurement]:
    """Return the same from two files of another tool, task by task; raises InputError where they share no task."""
    shared = [task for task in base if task in tuned]
    if not shared:
        raise InputError(f"--task-results: the two files share no task: {', '.join(base)} in one, {', '.join(tuned)} in the other.")
    measured: list[Measurement] = []
    for task in shared:
        first, second = base[task], tuned[task]
        if first.metric != second.metric:
            raise InputError(f"--task-results: {task} is scored by {first.metric!r} in one file and by {second.metric!r} in the other.")
        if first.by_item and second.by_item:
            total = len(first.by_item.keys() | second.by_item.keys())
            measured += _measure(task, {"base": first.by_item, "tuned": second.by_item}, total, (), first.metric)
        else:
            measured += _unpaired(task, _summary(first), _summary(second))
    return measured


def _measure(task: str, by_side: Mapping[str, Mapping[str, float]], total: int, reasons: Sequence[str], what: str) -> list[Measurement]:
    both = [name for name in by_side["base"] if name in by_side["tuned"]]
    missing = total - len(both)
    if reasons or not both or missing > _MOST_MISSING * total:
        reason = "; ".join(reasons) or f"{missing} of {total} questions have no score on both sides"
        return [Measurement.missing(_METRIC, reason, n=len(both), group=task)]
    base, tuned = ([by_side[side][name] for name in both] for side in _SIDES)
    n = len(both)
    measured = [_score(task, side, values, what) for side, values in (("base", base), ("tuned", tuned))]
    low, high, method = _drop_limits(base, tuned)
    drop = (sum(base) - sum(tuned)) / n
    measured.append(Measurement.of("task_score", drop, n=n, side="drop", group=task, low=low, high=high, method=method))
    return [*measured, _ratio(task, paired_ratio(base, tuned), n, sum(base) / n, sum(tuned) / n)]


def _score(task: str, side: str, values: Sequence[float], what: str) -> Measurement:
    n, mean = len(values), sum(values) / len(values)
    if set(values) <= {0.0, 1.0}:
        found = wilson(int(sum(values)), n)
        low, high, method = found.low, found.high, found.method
    else:
        low, high = wilson_limits(mean, n, critical_value(0.95, one_sided=False))
        method = "Wilson, graded scores"
    fields: dict[str, Any] = {"side": side, "group": task, "low": low, "high": high, "method": f"{what}; {method}"}
    return Measurement.of("task_score", mean, n=n, **fields)


def _drop_limits(base: Sequence[float], tuned: Sequence[float]) -> tuple[float, float, str]:
    from holdfast.compare.shares import Shares

    shares = Shares(tuple(base), tuple(tuned), tuple(str(place) for place in range(len(base))))
    found = newcombe(shares.counts) if shares.independent else clustered_mean(shares.differences).interval
    return found.low, found.high, found.method


def _ratio(task: str, ratio: Ratio, n: int, base: float, tuned: float) -> Measurement:
    fields: dict[str, Any] = {"n": n, "group": task, "low": ratio.low, "high": ratio.high, "method": ratio.method}
    if ratio.value is None:
        reason = f"the base scores {base:.3g}, too near 0 to divide by (the tuned model scores {tuned:.3g})"
        return Measurement.missing(_METRIC, reason, **fields)
    return Measurement.of(_METRIC, ratio.value, note=f"base {base:.3g}, tuned {tuned:.3g}", **fields)


def _summary(scores: Scores) -> Scores:
    if scores.mean is not None:
        return scores
    mean = sum(scores.by_item.values()) / len(scores.by_item)
    return Scores(task=scores.task, metric=scores.metric, mean=mean, n=scores.n)


def _unpaired(task: str, base: Scores, tuned: Scores) -> list[Measurement]:
    """Return what two totals show: the questions are the same, and how the sides go together on them is not known."""
    points, measured = [], []
    z = critical_value(0.95, one_sided=False)
    for side, scores in (("base", base), ("tuned", tuned)):
        mean = scores.mean or 0.0
        if scores.error is not None:
            low, high, how = max(mean - z * scores.error, 0.0), min(mean + z * scores.error, 1.0), "standard error of the file"
        elif scores.n:
            (low, high), how = wilson_limits(mean, scores.n, z), "Wilson"
        else:
            reason = "the files give neither a standard error nor a number of questions"
            return [Measurement.missing(_METRIC, reason, group=task)]
        points.append((mean, low, high))
        fields: dict[str, Any] = {"side": side, "group": task, "low": low, "high": high, "method": f"{scores.metric}; {how}"}
        measured.append(Measurement.of("task_score", mean, n=scores.n, **fields))
    n = min(base.n, tuned.n)
    # Without a correlation the limits are too wide, never too narrow, for sides that go together.
    ratio = ratio_of_points(points[0], points[1], 0.0, confidence=0.95, method="MOVER-R of two totals, taken as unpaired")
    return [*measured, _ratio(task, ratio, n, points[0][0], points[1][0])]


def measure_held_out(name: str, results: Sequence[TaskResult], reasons: Sequence[str]) -> list[Measurement]:
    """Return the probability per token of held-out answers (1 over the perplexity) per side, and its ratio."""
    found = {side: {one.id: one for one in results if one.side == side and one.log_prob is not None} for side in _SIDES}
    both = [key for key, one in found["base"].items() if key in found["tuned"] and one.tokens]
    if reasons or len(both) < 2:
        reason = "; ".join(reasons) or "held-out rows need at least two answers with a token"
        return [Measurement.missing(_METRIC, reason, n=len(both), group=name)]
    logs = [[found[side][key].log_prob or 0.0 for key in both] for side in _SIDES]
    base, tuned, ratio = probability_ratio(logs[0], logs[1], [found["base"][key].tokens or 0 for key in both])
    measured = [
        Measurement.of(
            "answer_probability", value, n=len(both), side=side, group=name, note=f"perplexity {1 / value:.4g}" if value else None
        )
        for side, value in (("base", base), ("tuned", tuned))
    ]
    note = "probability per token of held-out answers"
    fields: dict[str, Any] = {"group": name, "low": ratio.low, "high": ratio.high, "method": ratio.method, "note": note}
    return [*measured, Measurement.of(_METRIC, ratio.value or 0.0, n=len(both), **fields)]


def lowest(measurements: Sequence[Measurement]) -> Measurement | None:
    """Return the ratio that stands for all tasks: the one that was not measured, else the lowest; None without any."""
    from msgspec.structs import replace

    ratios = [found for found in measurements if found.metric == _METRIC and found.group != "all"]
    if not ratios:
        return None
    worst = min(ratios, key=lambda found: found.low or 0.0 if found.value is None else found.value)
    unknown = next((found for found in ratios if found.value is None and found.low is None), None)
    chosen = unknown or worst
    several = f"lowest of {len(ratios)} tasks ({chosen.group}); " if len(ratios) > 1 else ""
    return replace(chosen, group="all", method=several + chosen.method)
