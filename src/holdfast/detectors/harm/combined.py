"""One margin from the linear tier and the signs: a weighted sum, where the linear tier leaves a doubt."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from holdfast.detectors.harm.signs import weighted

__all__ = ["BIAS", "LINEAR", "combined_margins", "doubtful"]

LINEAR, BIAS = "linear", "bias"
"""Names of the weight of the linear margin and of the constant."""
_FROM, _TO = -1.0, 3.0
"""Linear margins (risks of 0.27 and 0.95) between which signs are read: few requests beyond would change sides, and reading costs. On
held-out text of our own, -2 and 4 gave the same recall at the threshold's rule, 0.821."""


def doubtful(margins: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell of which requests the signs are read."""
    return (margins >= _FROM) & (margins <= _TO)


def combined_margins(margins: NDArray[np.float64], features: NDArray[np.float64], weights: Mapping[str, float]) -> NDArray[np.float64]:
    """Return the margins of both together; `features` (of `signs.sign_features`) are zero where signs were not read."""
    total: NDArray[np.float64] = weights[LINEAR] * margins + weights[BIAS] + features @ weighted(weights)
    return total
