"""Exact tests of a run of tokens against a flip, corrected for all that were tried, and what they could have seen.

The plain test is Fisher's, one-sided: how improbable it is that so many of the rows that hold the run are among the rows that
flip. Binomial tails take its place where the rest of the prompt makes flips expected: with probabilities that differ from row
to row, the binomial with their mean is the larger tail (Hoeffding, 1956), so that the test errs on the safe side. Every p value
is held against alpha / M for M tests (Bonferroni). Source of the design: the z-defence of He et al. (EMNLP 2023), with exact
tests in place of its z scores.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["ALPHA", "LEAST_RATE", "at_least", "at_most", "fisher", "smallest_seen"]

ALPHA = 0.01
"""Family-wise error over all runs and flips."""
LEAST_RATE = 0.5
"""Share of a run's rows that must flip: a trigger that works in fewer than half of its rows is not looked for."""
_MOST_SEARCHED = 100_000


def fisher(flips: NDArray[np.int64], rows: NDArray[np.int64], flipped: int, n: int) -> NDArray[np.float64]:
    """Return P(at least so many flips among `rows` of n rows of which `flipped` flip), per run."""
    # `scipy.stats` takes a second to import, and what runs per batch does not need it.
    from scipy.stats import hypergeom

    # Most runs share both numbers with many others, and scipy takes them one by one.
    pairs, places = np.unique(np.stack([flips, rows]), axis=1, return_inverse=True)
    tail: NDArray[np.float64] = hypergeom.sf(pairs[0] - 1, n, flipped, pairs[1])[places.ravel()]
    return tail


def at_least(flips: int, rows: int, expected: float) -> float:
    """Return P(at least so many flips in `rows` rows) where each flips with the mean probability `expected`."""
    from scipy.stats import binom

    return float(binom.sf(flips - 1, rows, expected))


def at_most(flips: int, rows: int, expected: float) -> float:
    """Return P(at most so many flips in `rows` rows) where each flips with the mean probability `expected`."""
    from scipy.stats import binom

    return float(binom.cdf(flips, rows, expected))


def smallest_seen(flipped: int, n: int, tests: int, *, least: int, alpha: float = ALPHA) -> int | None:
    """Return the smallest number of poisoned rows, all of which flip, that would have been seen in a set like this one.

    `flipped` of `n` rows flip without them. With k more, the k rows of the trigger are all among flipped + k of n + k rows, by
    chance with probability C(flipped + k, k) / C(n + k, k), and by the rate of the others with probability (flipped / n)**k; both
    must be at most alpha / tests. None where no number of rows would do.
    """
    if not n or flipped >= n:
        return None
    bar = np.log(alpha / max(tests, 1))
    k = np.arange(1, _MOST_SEARCHED, dtype=np.float64)
    chance = np.cumsum(np.log((flipped + k) / (n + k)))
    with np.errstate(divide="ignore"):
        rate = k * np.log(flipped / n) if flipped else np.full_like(k, -np.inf)
    # A little room for rounding: in floats ln(1e-8) / ln(0.01) is not exactly 4.
    enough = np.flatnonzero(np.maximum(chance, rate) <= bar + 1e-6)
    return max(int(k[enough[0]]), least) if len(enough) else None
