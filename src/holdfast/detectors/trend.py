"""Does something rise along an order? Mann and Kendall's test on the means of blocks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST_BLOCKS", "Trend", "rising_trend"]

LEAST_BLOCKS = 8
"""Blocks below which no trend is tested: with fewer, no order of them is improbable enough."""
_MOST_BLOCKS = 50
_LEAST_IN_BLOCK = 10


class Trend(NamedTuple):
    """The result of a trend test."""

    tau: float
    """Kendall's tau-b between the order of blocks and their means, -1 to 1; above 0 means that they rise."""
    p: float
    """Two-sided p value of the Mann-Kendall test, with ties."""
    blocks: int
    first: float
    """Mean of the first third of all values."""
    last: float
    """Mean of the last third."""


def rising_trend(values: NDArray[np.float64]) -> Trend | None:
    """Test whether values rise in their order; None with fewer than 80, or where they are all equal.

    Values are cut into at most 50 blocks of equal size (10 and more), whose means make up the series, so that the many equal
    values of a share do not drown the order. Source: Mann 1945, Kendall 1975; p by the tie-corrected normal approximation.
    """
    blocks = min(_MOST_BLOCKS, len(values) // _LEAST_IN_BLOCK)
    if blocks < LEAST_BLOCKS:
        return None
    means = np.array([block.mean() for block in np.array_split(values, blocks)])
    if np.all(means == means[0]):
        return None
    tau, p = _mann_kendall(means)
    third = len(values) // 3
    return Trend(tau, p, blocks, float(values[:third].mean()), float(values[-third:].mean()))


def _mann_kendall(series: NDArray[np.float64]) -> tuple[float, float]:
    """Return Kendall's tau-b of a series, which must not be constant, with its order, and the two-sided p value."""
    # Not `scipy.stats.kendalltau`, which is the same: its import takes longer than the scan of ten thousand rows.
    from scipy.special import ndtr

    n = len(series)
    left, right = np.triu_indices(n, 1)
    rises = int(np.sign(series[right] - series[left]).sum())
    ties = np.unique(series, return_counts=True)[1]
    pairs, tied = n * (n - 1) // 2, int((ties * (ties - 1) // 2).sum())
    tau = min(1.0, max(-1.0, rises / np.sqrt(pairs) / np.sqrt(pairs - tied)))
    variance = (n * (n - 1.0) * (2 * n + 5) - float((ties * (ties - 1.0) * (2 * ties + 5)).sum())) / 18
    return float(tau), float(2 * ndtr(-abs(rises / np.sqrt(variance))))
