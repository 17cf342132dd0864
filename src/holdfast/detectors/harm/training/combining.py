"""Fitting what signs count for beside the linear tier: a small logistic regression over held-out margins of our own text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from holdfast.detectors.harm.combined import BIAS, LINEAR, combined_margins, doubtful
from holdfast.detectors.harm.signs import feature_names, sign_features
from holdfast.detectors.harm.training.corpus import FOLDS, fold_of
from holdfast.detectors.harm.training.grammar import TrainingRequest

__all__ = ["fit_signs", "held_out_combined", "signs_of"]

_PENALTY = 0.5
"""Of the squared weights beside the summed loss, in which a pattern counts one: some ten thousand patterns bear on some fifty weights."""
_STEPS = 500


def signs_of(training: Sequence[TrainingRequest], margins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sign features of all requests, zero where the linear tier leaves no doubt."""
    features = np.zeros((len(training), len(feature_names())))
    read = np.flatnonzero(doubtful(margins))
    features[read] = sign_features([training[place].text for place in read.tolist()])
    return features


def fit_signs(
    training: Sequence[TrainingRequest], margins: NDArray[np.float64], features: NDArray[np.float64], among: NDArray[np.bool_]
) -> dict[str, float]:
    """Return weights by name, `LINEAR` for the margin and `BIAS` among them, from some of the requests; each pattern counts once."""
    harmful = np.array([request.harmful for request in training])[among]
    _, pattern, sizes = np.unique([request.group for request in training], return_inverse=True, return_counts=True)
    counts = (1.0 / sizes[pattern])[among]
    share = counts[harmful].sum() / counts.sum()
    counts = counts * np.where(harmful, 0.5 / share, 0.5 / (1.0 - share))
    design = np.column_stack([margins, features, np.ones(len(margins))])[among]
    signs = np.where(harmful, 1.0, -1.0)
    held = np.ones(design.shape[1])
    held[[0, -1]] = 0.0

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        agreement = signs * (design @ weights)
        pull = -signs * counts / (1.0 + np.exp(np.minimum(agreement, 500.0)))
        value = float(np.sum(counts * np.logaddexp(0.0, -agreement)) + 0.5 * _PENALTY * np.sum(held * weights**2))
        return value, design.T @ pull + _PENALTY * held * weights

    start = np.zeros(design.shape[1])
    start[0] = 1.0
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
    return {name: round(float(weight), 4) for name, weight in zip((LINEAR, *feature_names(), BIAS), found.x, strict=True)}


def held_out_combined(
    training: Sequence[TrainingRequest], margins: NDArray[np.float64], features: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return each request's combined margin by weights that were fitted without its fold."""
    folds = np.array([fold_of(request.group) for request in training])
    combined = np.empty(len(training))
    for fold in range(FOLDS):
        weights: Mapping[str, float] = fit_signs(training, margins, features, folds != fold)
        combined[folds == fold] = combined_margins(margins[folds == fold], features[folds == fold], weights)
    return combined
