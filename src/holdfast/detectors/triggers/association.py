"""Exact tests of a run of tokens against a flip, corrected for all that were tried, and what they could have seen.

The plain test is Fisher's, one-sided: how improbable it is that so many of the rows that hold the run are among the rows that
flip. Binomial tails take its place where the rest of the prompt makes flips expected: with probabilities that differ from row
to row, the binomial with their mean is the larger tail (Hoeffding, 1956), so that the test errs on the safe side. Every p value
is held against alpha / M for M tests (Bonferroni). Source of the design: the z-defence of He et al. (EMNLP 2023), with exact
tests in place of its z scores.
"""

from __future__ import annotations

from typing import Any

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
    # Most runs share both numbers with many others.
    pairs, places = np.unique(np.stack([flips, rows]), axis=1, return_inverse=True)
    tail: NDArray[np.float64] = _hypergeometric_tail(pairs[0] - 1, pairs[1], flipped, n)[places.ravel()]
    return tail


def at_least(flips: int, rows: int, expected: float) -> float:
    """Return P(at least so many flips in `rows` rows) where each flips with the mean probability `expected`."""
    quick = _function("_binom_sf")
    if quick is None:
        from scipy.stats import binom

        return float(binom.sf(flips - 1, rows, expected))
    if flips > rows:
        return 0.0
    return 1.0 if flips <= 0 else min(max(float(quick(flips - 1, rows, expected)), 0.0), 1.0)


def at_most(flips: int, rows: int, expected: float) -> float:
    """Return P(at most so many flips in `rows` rows) where each flips with the mean probability `expected`."""
    quick = _function("_binom_cdf")
    if quick is None:
        from scipy.stats import binom

        return float(binom.cdf(flips, rows, expected))
    if flips < 0:
        return 0.0
    return 1.0 if flips >= rows else min(max(float(quick(flips, rows, expected)), 0.0), 1.0)


def _hypergeometric_tail(above: NDArray[np.int64], drawn: NDArray[np.int64], good: int, n: int) -> NDArray[np.float64]:
    """Return P(more than `above` good ones among `drawn` of n, of which `good` are good)."""
    quick = _function("_hypergeom_sf")
    if quick is None:
        from scipy.stats import hypergeom

        slow: NDArray[np.float64] = hypergeom.sf(above, n, good, drawn)
        return slow
    least, most = np.maximum(drawn - (n - good), 0), np.minimum(good, drawn)
    tail = np.where(above < least, 1.0, 0.0)
    inside = (above >= least) & (above < most)
    tail[inside] = np.clip(quick(above[inside], good, drawn[inside], n), 0.0, 1.0)
    return tail


def _function(name: str) -> Any:
    """Return a function that `scipy.stats` calls, None where this scipy has none of that name.

    To import `scipy.stats` takes half a second, more than the tests themselves.
    """
    from scipy.special import _ufuncs

    return getattr(_ufuncs, name, None)


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
