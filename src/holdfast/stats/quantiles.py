"""A quantile with limits from order statistics: no assumption about the shape of the values."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from holdfast.core.errors import InputError
from holdfast.stats.intervals import Interval, tail_probability

__all__ = ["quantile", "quantile_limits"]


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` (above 0, at most 1) of the values do not exceed."""
    if not values or not 0.0 < share <= 1.0:
        raise InputError(f"A quantile needs at least 1 value and a share above 0 and at most 1, got {len(values)} values and {share!r}.")
    return sorted(values)[ceil(share * len(values) - 1e-9) - 1]


def quantile_limits(
    values: Sequence[float], share: float, *, lowest: float = 0.0, highest: float = 1.0, confidence: float = 0.95
) -> Interval:
    """Return two-sided limits for the `share` quantile of what the values were drawn from, within lowest to highest.

    The number of values below the true quantile is binomial, so a pair of order statistics holds it with at least the
    confidence; where there are too few values for one, that limit is the end of the range. Values must be independent.
    Source: Hahn and Meeker 1991, "Statistical Intervals", section 5.2.
    """
    from scipy.stats import binom

    ordered, n = sorted(values), len(values)
    quantile(values, share)  # raises where there is none
    tail = tail_probability(confidence, one_sided=False)
    # The k-th smallest lies above the quantile with probability P(fewer than k values lie below it).
    lower, upper = int(binom.ppf(tail, n, share)), int(binom.ppf(1.0 - tail, n, share)) + 1
    low = ordered[lower - 1] if lower >= 1 else lowest
    high = ordered[upper - 1] if upper <= n else highest
    return Interval(low=low, high=high, confidence=confidence, one_sided=False, method="order statistics")
