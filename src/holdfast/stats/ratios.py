"""Confidence limits for a ratio: what a tuned model scores over what its base scores, on the same questions."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf, sqrt

import numpy as np

from holdfast.core.errors import InputError
from holdfast.core.measurements import PairedCounts
from holdfast.core.struct import Value
from holdfast.stats.intervals import critical_value, tail_probability, wilson_limits
from holdfast.stats.paired import cells_of, paired_correlation

__all__ = ["Ratio", "paired_ratio", "probability_ratio", "ratio_of_points"]


class Ratio(Value, frozen=True, kw_only=True):
    """tuned / base with its limits, or, where the base scores too little to divide by, the limits alone."""

    value: float | None
    """None where the base's score cannot be told from zero: the limits then are what is known."""
    low: float
    high: float | None
    """None where there is no upper limit."""
    confidence: float
    method: str


def paired_ratio(base: Sequence[float], tuned: Sequence[float], *, confidence: float = 0.95) -> Ratio:
    """Return mean(tuned) / mean(base) of scores from 0 to 1 on the same questions, with two-sided limits.

    Wilson limits of both means, which hold for scores between 0 and 1 too (their variance is at most that of a yes/no
    score of the same mean), joined by MOVER-R with the correlation of the pairs. Never of zero width.
    Raises InputError for sides of unequal length, no score, or a score off the scale.
    Source: Donner and Zou 2012, "Closed-form confidence intervals for functions of the normal mean and standard deviation".
    """
    first, second = np.asarray(base, dtype=np.float64), np.asarray(tuned, dtype=np.float64)
    if first.shape != second.shape or first.size == 0:
        raise InputError(f"Base and tuned need one score per question each, got {first.size} and {second.size}.")
    if min(first.min(), second.min()) < 0.0 or max(first.max(), second.max()) > 1.0:
        raise InputError("All scores must lie on the scale from 0 to 1.")
    z, n = critical_value(confidence, one_sided=False), first.size
    points = [(mean, *wilson_limits(mean, n, z)) for mean in (float(first.mean()), float(second.mean()))]
    return ratio_of_points(
        points[0], points[1], _correlation(first, second), confidence=confidence, method="Wilson limits, MOVER-R, paired"
    )


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    if set(np.unique(first)) | set(np.unique(second)) <= {0.0, 1.0}:
        both, base, tuned = int((first * second).sum()), int(first.sum()), int(second.sum())
        table = PairedCounts(both=both, base_only=base - both, tuned_only=tuned - both, neither=first.size - base - tuned + both)
        return paired_correlation(cells_of(table))
    if first.std() == 0.0 or second.std() == 0.0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def ratio_of_points(
    base: tuple[float, float, float], tuned: tuple[float, float, float], correlation: float, *, confidence: float, method: str
) -> Ratio:
    """Return the limits of tuned / base from each one's (point, low, high) and their correlation, -1 to 1.

    MOVER-R: the values R at which the square-and-add interval of tuned - R * base just holds zero. Where the base's upper
    limit is twice its point or more, no such interval exists (the base cannot be told from zero); the limits are then
    tuned's lower over base's upper, and tuned's upper over base's lower, which hold at `confidence` or better each.
    """
    (p0, l0, u0), (p1, l1, u1) = base, tuned
    if u0 >= 2.0 * p0 or l0 <= 0.0:
        return Ratio(value=None, low=l1 / u0, high=u1 / l0 if l0 > 0.0 else None, confidence=confidence, method="limits of both scores")
    product = p1 * p0
    below = product - correlation * (p1 - l1) * (u0 - p0)
    above = product - correlation * (u1 - p1) * (p0 - l0)
    low = (below - sqrt(max(below * below - l1 * u0 * (2.0 * p1 - l1) * (2.0 * p0 - u0), 0.0))) / (u0 * (2.0 * p0 - u0))
    high = (above + sqrt(max(above * above - u1 * l0 * (2.0 * p1 - u1) * (2.0 * p0 - l0), 0.0))) / (l0 * (2.0 * p0 - l0))
    value = p1 / p0
    return Ratio(value=value, low=min(max(low, 0.0), value), high=max(high, value), confidence=confidence, method=method)


def probability_ratio(
    base: Sequence[float], tuned: Sequence[float], tokens: Sequence[int], *, confidence: float = 0.95
) -> tuple[float, float, Ratio]:
    """Return (base, tuned, their ratio) of the geometric mean probability of a token, from log probabilities of whole answers.

    `base` and `tuned` are nats per answer, `tokens` the lengths. The ratio is exp of the mean difference per token, its
    limits those of a ratio estimator over answers (linearised, Student's t with answers - 1 degrees of freedom): answers
    and not tokens are independent. Raises InputError for fewer than 2 answers or none with a token.
    """
    from scipy.stats import t as student

    first, second, lengths = (np.asarray(values, dtype=np.float64) for values in (base, tuned, tokens))
    n = lengths.size
    if not first.size == second.size == n or n < 2 or lengths.sum() <= 0:
        raise InputError(f"Held-out answers need log probabilities of both sides and at least 2 answers, got {n}.")
    difference = second - first
    mean = float(difference.sum() / lengths.sum())
    residuals = difference - mean * lengths
    error = sqrt(float((residuals**2).sum()) * n / (n - 1)) / float(lengths.sum())
    spread = error * float(student.ppf(1.0 - tail_probability(confidence, one_sided=False), n - 1))
    ratio = Ratio(
        value=_exp(mean),
        low=_exp(mean - spread),
        high=_exp(mean + spread),
        confidence=confidence,
        method=f"ratio of means over {n} answers, t",
    )
    return _exp(float(first.sum() / lengths.sum())), _exp(float(second.sum() / lengths.sum())), ratio


def _exp(value: float) -> float:
    return exp(value) if value < 700 else inf
