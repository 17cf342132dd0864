"""How much of what a fine-tune gained on its task a repaired model keeps: a ratio of two differences on the same questions."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from holdfast.core.errors import InputError
from holdfast.core.struct import Value
from holdfast.stats.clusters import clustered_mean
from holdfast.stats.intervals import tail_probability
from holdfast.stats.ratios import ratio_of_points

__all__ = ["GainKept", "kept_of_probabilities", "kept_of_scores"]

_LEAST_NATS = 1e-9


class GainKept(Value, frozen=True, kw_only=True):
    """(repaired - base) / (tuned - base) with its limits; 1 keeps all, 0 nothing, below 0 is worse than the base."""

    value: float | None
    """None where the tuned model's gain cannot be told from none: there is nothing to keep."""
    low: float | None
    high: float | None
    gain: float
    """tuned - base, in the unit of the scores."""
    method: str


def kept_of_scores(base: Sequence[float], tuned: Sequence[float], repaired: Sequence[float], *, confidence: float = 0.95) -> GainKept:
    """Return the share of a gain in scores from 0 to 1 that is kept, over the same questions for all three.

    Limits of both differences that are never of zero width (`clustered_mean`), joined by MOVER-R with the correlation of the pairs
    (Donner and Zou 2012, "Closed-form confidence intervals for functions of the normal mean and standard deviation"). Raises InputError
    for sides of unequal length or no score.
    """
    first, second, third = (np.asarray(values, dtype=np.float64) for values in (base, tuned, repaired))
    if not first.size == second.size == third.size or first.size == 0:
        raise InputError(f"A gain needs one score per question of all three, got {first.size}, {second.size} and {third.size}.")
    gained, kept = second - first, third - first
    points = []
    for values in (gained, kept):
        found = clustered_mean(values.tolist(), None, confidence=confidence)
        points.append((found.value, found.interval.low, found.interval.high))
    (gain, gain_low, gain_high), (left, left_low, left_high) = points
    method = "limits of both differences, MOVER-R, paired"
    if gain_low <= 0.0:
        return GainKept(value=None, low=None, high=None, gain=gain, method=method)
    if left <= 0.0:
        return GainKept(
            value=left / gain, low=left_low / gain_low, high=left_high / gain_low, gain=gain, method="limits of both differences"
        )
    together = 0.0 if gained.std() == 0.0 or kept.std() == 0.0 else float(np.corrcoef(gained, kept)[0, 1])
    found_ratio = ratio_of_points((gain, gain_low, gain_high), (left, left_low, left_high), together, confidence=confidence, method=method)
    value = left / gain
    high = found_ratio.high if found_ratio.high is not None else left_high / gain_low
    return GainKept(value=value, low=min(found_ratio.low, value), high=max(high, value), gain=gain, method=found_ratio.method)


def kept_of_probabilities(
    base: Sequence[float], tuned: Sequence[float], repaired: Sequence[float], tokens: Sequence[int], *, confidence: float = 0.95
) -> GainKept:
    """Return the share of a gain in log probability per token that is kept, from nats of whole answers and their lengths.

    A ratio of totals over answers, its limits linearised with Student's t, answers - 1 degrees of freedom: answers and not tokens are
    independent. Raises InputError for sides of unequal length, fewer than 2 answers, or none with a token.
    """
    from scipy.stats import t as student

    first, second, third, lengths = (np.asarray(values, dtype=np.float64) for values in (base, tuned, repaired, tokens))
    n = lengths.size
    if not first.size == second.size == third.size == n or n < 2 or lengths.sum() <= 0:
        raise InputError(f"Held-out answers need log probabilities of all three models and at least 2 answers, got {n}.")
    gained, kept = second - first, third - first
    quantile, total = float(student.ppf(1.0 - tail_probability(confidence, one_sided=False), n - 1)), float(gained.sum())
    method = f"ratio of totals over {n} answers, t"
    spread = quantile * _error(gained - gained.mean(), n)
    gain = total / float(lengths.sum())
    if total - spread <= _LEAST_NATS * n:
        return GainKept(value=None, low=None, high=None, gain=gain, method=method)
    value = float(kept.sum()) / total
    reach = quantile * _error(kept - value * gained, n) / total
    return GainKept(value=value, low=value - reach, high=value + reach, gain=gain, method=method)


def _error(residuals: np.ndarray, n: int) -> float:
    """Return the standard error of a total whose residuals over n answers these are."""
    return sqrt(float((residuals**2).sum()) * n / (n - 1))
