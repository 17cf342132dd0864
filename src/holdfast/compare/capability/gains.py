"""What a repaired model keeps of the gain of the fine-tune that it repairs, on the same questions and rows."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.compare.capability.asking import TaskResult
from holdfast.core import Measurement
from holdfast.stats import GainKept, kept_of_probabilities, kept_of_scores

__all__ = ["GAIN_SIDE", "lowest_gain", "measure_gain"]

GAIN_SIDE = "repaired from"
"""The side under which the fine-tune's own answers are kept."""

_METRIC = "task_gain_kept"
_SIDES = ("base", GAIN_SIDE, "tuned")


def measure_gain(name: str, results: Sequence[TaskResult], reasons: Sequence[str], *, scored: bool) -> Measurement:
    """Return the share of the gain that is kept: of right answers (`scored`), or of log probability per token."""
    found = {side: {one.id: one for one in results if one.side == side and _counts(one, scored=scored)} for side in _SIDES}
    ids = [key for key in found["base"] if all(key in found[side] for side in _SIDES)]
    if reasons or len(ids) < 2:
        reason = "; ".join(reasons) or f"only {len(ids)} questions have a score of all three models"
        return Measurement.missing(_METRIC, reason, n=len(ids), group=name)
    base, gained, repaired = ([found[side][key] for key in ids] for side in _SIDES)
    if scored:
        kept = kept_of_scores(*([one.score or 0.0 for one in side] for side in (base, gained, repaired)))
        what = f"the fine-tune gained {100 * kept.gain:.0f} points of right answers"
    else:
        before, tuned, after = ([one.log_prob or 0.0 for one in side] for side in (base, gained, repaired))
        kept = kept_of_probabilities(before, tuned, after, [one.tokens or 0 for one in base])
        what = f"the fine-tune gained {kept.gain:.3g} nats per token"
    return _measurement(name, kept, len(ids), what)


def lowest_gain(measured: Sequence[Measurement]) -> Measurement:
    """Return the one that stands for all tasks: one that was not measured, else the lowest."""
    from msgspec.structs import replace

    unknown = next((one for one in measured if one.value is None), None)
    chosen = unknown or min(measured, key=lambda one: one.value or 0.0)
    several = f"lowest of {len(measured)} tasks ({chosen.group}); " if len(measured) > 1 else ""
    return replace(chosen, group="all", method=several + chosen.method)


def _counts(one: TaskResult, *, scored: bool) -> bool:
    return one.score is not None if scored else one.log_prob is not None and bool(one.tokens)


def _measurement(name: str, kept: GainKept, n: int, what: str) -> Measurement:
    if kept.value is None:
        return Measurement.missing(_METRIC, f"{what}, which cannot be told from nothing: there is no gain to keep", n=n, group=name)
    return Measurement.of(_METRIC, kept.value, n=n, group=name, low=kept.low, high=kept.high, method=kept.method, note=what)
