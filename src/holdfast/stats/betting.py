"""Confidence sequences for a bounded mean: limits that hold at all times at once, so that one may look and stop at will."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, log

import numpy as np
import numpy.typing as npt

from holdfast.core.errors import InputError
from holdfast.stats.intervals import Interval, tail_probability

__all__ = ["betting_interval"]

_BISECTIONS = 32  # a limit within 3e-10
_BOLDNESS = 0.75  # largest share of the wealth that one bet may lose; more wins earlier on clear data, less later on noisy data
_ROUNDING = 1e-9


def betting_interval(
    values: Sequence[float],
    *,
    bounds: tuple[float, float] = (-1.0, 1.0),
    confidence: float = 0.95,
    one_sided: bool = False,
    population: int | None = None,
) -> Interval:
    """Return limits for the mean of values that come one by one, valid even when the run stops because of what it saw.

    They hold every mean within `bounds` against which no bet on the values so far has ever multiplied its stake by
    1 / tail, tail being the error probability of one limit. Bets follow the variance seen so far. Never of zero width before
    a bank is exhausted, and wider than a fixed-n interval: the price of looking. With `population`, the values come from a
    bank of that size without repetition, and its mean is exact at the end. `note` is set where no mean fits the whole course
    (a drift); then the limits enclose the gap. Raises InputError for a value outside `bounds`.
    Source: Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting" (arXiv 2010.09686).
    """
    lowest, highest = bounds
    array = np.asarray(values, dtype=np.float64)
    if not lowest < highest or array.ndim != 1 or not ((lowest <= array) & (array <= highest)).all():
        raise InputError(f"All values must lie within the bounds {lowest!r} to {highest!r}, the lower one first.")
    if population is not None and array.size > population:
        raise InputError(f"A bank of {population} items cannot have given {array.size} values.")
    tail = tail_probability(confidence, one_sided=one_sided)
    width = highest - lowest
    unit = (array - lowest) / width
    low, high, note = _lower_limit(unit, tail, population), 1.0 - _lower_limit(1.0 - unit, tail, population), None
    if low > high:
        low, high, note = high, low, "the values drift: no mean fits their whole course"
    return Interval(
        low=lowest + width * low,
        high=lowest + width * high,
        confidence=confidence,
        one_sided=one_sided,
        method="betting confidence sequence" + (", without replacement" if population is not None else ""),
        note=note,
    )


def _lower_limit(values: npt.NDArray[np.float64], tail: float, population: int | None) -> float:
    """Return the largest mean that some bet on a larger one has ruled out, 0 where none is; values in 0 to 1.

    The wealth falls as the assumed mean rises, at each time, so that bisection finds where its maximum over time crosses.
    """
    stakes = _stakes(values, tail)
    ruled_out, kept = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (ruled_out + kept) / 2.0
        if _highest_log_wealth(values, stakes, middle, population) >= log(1.0 / tail):
            ruled_out = middle
        else:
            kept = middle
    return ruled_out


def _stakes(values: npt.NDArray[np.float64], tail: float) -> npt.NDArray[np.float64]:
    """Return the predictable plug-in stakes: sqrt(2 log(1/tail) / (variance so far * t * log(1 + t))), each from earlier values only."""
    times = np.arange(1, values.size + 1)
    means = (0.5 + np.cumsum(values)) / (times + 1)
    variances = (0.25 + np.cumsum((values - means) ** 2)) / (times + 1)
    before = np.concatenate([[0.25], variances[:-1]]) if values.size else variances
    stakes: npt.NDArray[np.float64] = np.sqrt(2.0 * log(1.0 / tail) / (before * times * np.log1p(times)))
    return stakes


def _highest_log_wealth(values: npt.NDArray[np.float64], stakes: npt.NDArray[np.float64], mean: float, population: int | None) -> float:
    """Return the highest log wealth at any time of bets that the mean is above `mean`."""
    rest = np.full(values.size, mean)
    if population is not None:
        left = population - np.arange(values.size)
        owed = population * mean - np.concatenate([[0.0], np.cumsum(values)])
        if (owed[:-1] < -_ROUNDING).any() or owed[-1] < -_ROUNDING:
            return inf  # more was seen than a bank of this mean holds
        rest = np.maximum(owed[:-1], 0.0) / left
    caps = _BOLDNESS / np.maximum(rest, _ROUNDING)
    wealth = np.cumsum(np.log1p(np.minimum(stakes, caps) * (values - rest)))
    return float(wealth.max(initial=0.0))
