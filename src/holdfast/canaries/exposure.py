"""Exposure: how much more likely a model finds a planted secret than secrets of the same format that were never planted.

Source: Carlini et al. 2019, "The Secret Sharer", sections 4.2 to 4.4. With the secret at rank r among n candidates, exposure is
log2 n - log2 r, in bits. If the model knows nothing of the secret, each rank is equally likely, and exposure is exponential:
P(exposure >= e) = 2^-e.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

import numpy as np
from numpy.typing import NDArray

from holdfast.core import InputError, Value

__all__ = ["NullTest", "RankExposure", "fits_null", "null_threshold", "rank_exposure"]

_LEAST_CONTROLS = 5


class RankExposure(Value, frozen=True, kw_only=True):
    """One secret among its candidates."""

    bits: float
    """log2 n - log2 rank, from -log2((n+1)/n) (sampled references) or 0 (whole space) to log2 n."""
    rank: int
    """1 is the likeliest."""
    n: int
    """References, or for a whole space all candidates."""
    exact: bool
    """True where the whole space was enumerated."""
    p: float
    """Chance of a rank this low for a secret that was never planted: rank / (n + 1), for a whole space rank / n."""

    @property
    def at_most_possible(self) -> bool:
        """True where no candidate is likelier: the exposure is then 'more than log2 n'."""
        return self.rank == 1


def rank_exposure(secret: float, references: Sequence[float] | NDArray[np.float64], *, exact: bool = False) -> RankExposure:
    """Return the exposure of a secret from losses (in any unit; lower is likelier).

    `references` are losses of secrets that were never planted; a tie puts the reference first, which never flatters. With `exact`
    they are all other candidates of the space, and a tie puts the secret first, as the paper defines the rank. Raises InputError
    without references or where a loss is not a number.
    """
    values = np.asarray(references, dtype=float)
    if not values.size:
        raise InputError("exposure needs references of the same format, got none.")
    if np.isnan(values).any() or secret != secret:
        raise InputError("exposure needs losses, got one that is not a number.")
    if exact:
        n, rank = values.size + 1, 1 + int((values < secret).sum())
        return RankExposure(bits=log2(n) - log2(rank), rank=rank, n=n, exact=True, p=rank / n)
    n, rank = values.size, 1 + int((values <= secret).sum())
    return RankExposure(bits=log2(n) - log2(rank), rank=rank, n=n, exact=False, p=rank / (n + 1))


def null_threshold(canaries: int, *, alpha: float = 0.05) -> float:
    """Return the exposure, in bits, that any of so many unplanted secrets reaches with a chance of at most `alpha` (Bonferroni).

    >>> round(null_threshold(16), 4)
    8.3219
    """
    if canaries < 1 or not 0 < alpha < 1:
        raise InputError(f"a threshold needs at least 1 canary and an alpha between 0 and 1, got {canaries} and {alpha}.")
    return log2(canaries / alpha)


class NullTest(Value, frozen=True, kw_only=True):
    """Whether exposures look like those of secrets that nobody planted."""

    p: float | None
    """Kolmogorov and Smirnov, exact; None with fewer than 5 controls."""
    n: int
    mean: float | None
    """Mean exposure in bits; 1.44 is expected."""


def fits_null(exposures: Sequence[RankExposure]) -> NullTest:
    """Test the exposures of controls against the null: their p values are then uniform."""
    if not exposures:
        return NullTest(p=None, n=0, mean=None)
    mean = float(np.mean([one.bits for one in exposures]))
    if len(exposures) < _LEAST_CONTROLS:
        return NullTest(p=None, n=len(exposures), mean=mean)
    from scipy.stats import kstest

    # A rank is discrete; its middle is uniform up to half a step, which n of 1,000 makes negligible.
    steps = [1.0 / (one.n if one.exact else one.n + 1) for one in exposures]
    middles = [one.p - step / 2 for one, step in zip(exposures, steps, strict=True)]
    return NullTest(p=float(kstest(middles, "uniform", method="exact").pvalue), n=len(exposures), mean=mean)
