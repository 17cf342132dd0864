"""Exposure beyond the references: a skew-normal distribution fitted to their losses, its tail computed in log space.

Source: Carlini et al. 2019, section 4.3. The extrapolation is unstable far out in the tail, so it is only ever said as
"more than log2 n, extrapolated about x", with a bootstrap interval and a test of the fit; the rank is the number.
"""

from __future__ import annotations

from math import log, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from holdfast.core import Value

__all__ = ["Extrapolation", "extrapolate", "skew_normal_log2_cdf"]

Floats = NDArray[np.float64]
_RESAMPLES = 200
_MOST_SKEW = 0.99
"""A skew normal's skewness stays below 0.9953."""
_POINTS = 2001
_NEGLIGIBLE = 60.0
"""Nats below the largest value of the integrand."""


class Extrapolation(Value, frozen=True, kw_only=True):
    """An exposure read off the fitted tail."""

    bits: float
    low: float
    high: float
    """Bootstrap over references, 95 %, percentile."""
    fit_p: float
    """Parametric bootstrap of the Kolmogorov-Smirnov distance; small means that the losses are no skew normal."""
    resamples: int


def skew_normal_log2_cdf(x: float, shape: float, location: float = 0.0, scale: float = 1.0) -> float:
    """Return log2 of the skew normal's distribution function, finite however far out.

    scipy's own `logcdf` takes the logarithm of a number that has underflowed to 0. Here log(2 phi(t) Phi(shape t)) is integrated up to
    x, each step relative to the largest value.

    >>> round(skew_normal_log2_cdf(-12.0, 4.0), 2)
    -1780.77
    """
    from scipy.special import log_ndtr, logsumexp

    z = (x - location) / scale

    def density(t: Floats) -> Floats:
        return np.asarray(log(2.0) - 0.5 * log(2.0 * pi) - 0.5 * t * t + log_ndtr(shape * t))

    # The density is log-concave: its largest value up to z lies at z or at the mode, which lies within one unit of 0.
    top = np.max(density(np.concatenate([[z], np.linspace(-1.0, min(1.0, z), 201)] if z > -1.0 else [[z]])))
    reach = 1e-6
    while float(density(np.array([z - reach]))[0]) > top - _NEGLIGIBLE:
        reach *= 1.5
    t = np.linspace(z - reach, z, _POINTS)
    weights = np.ones(_POINTS)
    weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0  # Simpson
    total = float(logsumexp(density(t), b=weights * (t[1] - t[0]) / 3.0))
    return min(total / log(2.0), 0.0)


def extrapolate(secret: float, references: Floats, *, seed: int) -> Extrapolation | None:
    """Return the extrapolated exposure of a secret's loss; None where the references do not vary."""
    values = np.asarray(references, dtype=float)
    if values.size < 20 or float(values.std()) == 0.0:
        return None
    rng = np.random.default_rng(seed)
    shape, location, scale = (float(part[0]) for part in _moments(values[None, :]))
    bits = -skew_normal_log2_cdf(secret, shape, location, scale)
    samples = values[rng.integers(0, values.size, (_RESAMPLES, values.size))]
    fits = zip(*_moments(samples), strict=True)
    spread = [-skew_normal_log2_cdf(secret, float(one), float(at), float(wide)) for one, at, wide in fits]
    low, high = (float(limit) for limit in np.quantile(spread, (0.025, 0.975)))
    fit_p = _fit_p(values, (shape, location, scale), rng)
    return Extrapolation(bits=bits, low=min(low, bits), high=max(high, bits), fit_p=fit_p, resamples=_RESAMPLES)


def _moments(samples: Floats) -> tuple[Floats, Floats, Floats]:
    """Return shape, location and scale per row by the method of moments (Azzalini 1985): closed form, hence fit for resampling."""
    mean, deviation = samples.mean(axis=1), samples.std(axis=1)
    deviation = np.maximum(deviation, 1e-12)
    skew = (((samples - mean[:, None]) / deviation[:, None]) ** 3).mean(axis=1).clip(-_MOST_SKEW, _MOST_SKEW)
    root = np.abs(skew) ** (2 / 3)
    delta = np.sign(skew) * np.sqrt(pi / 2 * root / (root + ((4 - pi) / 2) ** (2 / 3)))
    delta = delta.clip(-0.999, 0.999)
    scale = deviation / np.sqrt(1 - 2 * delta**2 / pi)
    return delta / np.sqrt(1 - delta**2), mean - scale * delta * sqrt(2 / pi), scale


def _fit_p(values: Floats, fit: tuple[float, float, float], rng: np.random.Generator) -> float:
    """Return the share of samples from the fitted distribution that fit no better, each fitted anew."""
    shape, location, scale = fit
    observed = _distance(values[None, :])[0]
    delta = shape / sqrt(1 + shape * shape)
    first, second = rng.standard_normal((2, _RESAMPLES, values.size))
    drawn = location + scale * (delta * np.abs(first) + sqrt(1 - delta * delta) * second)
    return float((1 + (_distance(drawn) >= observed).sum()) / (_RESAMPLES + 1))


def _distance(samples: Floats) -> Floats:
    """Return the Kolmogorov-Smirnov distance of each row from the skew normal fitted to it."""
    from scipy.special import ndtr, owens_t

    shape, location, scale = _moments(samples)
    ordered = np.sort(samples, axis=1)
    z = (ordered - location[:, None]) / scale[:, None]
    expected = ndtr(z) - 2.0 * owens_t(z, shape[:, None])
    steps = np.arange(1, samples.shape[1] + 1) / samples.shape[1]
    return np.asarray(np.maximum(steps - expected, expected - steps + 1 / samples.shape[1]).max(axis=1))
