"""Calibrating on a user's own outcomes: the lab gives the order of fine-tunes, their own history gives the rates."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from holdfast.core import Value
from holdfast.plan.calibrated import FARTHEST, index_of, interval, misses, rate_of
from holdfast.plan.finetune import FineTune
from holdfast.plan.outcomes import ENOUGH, Outcome

__all__ = ["OwnCurve", "OwnPrediction", "calibrate", "predict_own"]

_CONFIDENCE = 0.9
_RIDGE = 0.01
_ONE_SIDED = 1.645
"""Standard errors of a one-sided limit at 95 %."""


class OwnCurve(Value, frozen=True, kw_only=True):
    """How an index of the lab becomes the share of refusals that a user's models keep: `1 / (1 + exp(-(offset + slope index)))`."""

    offset: float
    slope: float
    """0 or more: the lab's order is kept, or, at 0, says nothing here."""
    reach: float
    """Half the width of the prediction interval, in the index: a conformal quantile of misses, each outcome left out in turn."""
    n: int
    error: float
    """Mean absolute error of the share of refusals kept, each outcome left out in turn."""
    error_of_mean: float
    """The same of the mean of the other outcomes: what knowing nothing of the plan gives."""
    gain_low: float
    """Lower limit, one-sided at 95 %, of what the curve errs less than the mean."""
    confidence: float = _CONFIDENCE

    @property
    def helps(self) -> bool:
        """Whether it is shown to err less than the mean; otherwise no rate is printed."""
        return self.gain_low > 0


class OwnPrediction(Value, frozen=True, kw_only=True):
    """The refusal rate after a fine-tune of a user's own model, 0 to 1."""

    base: float
    value: float
    low: float
    high: float
    curve: OwnCurve


def calibrate(outcomes: Sequence[Outcome], *, in_lab: bool = False) -> OwnCurve | None:
    """Return the curve through a user's outcomes, or None with fewer than 20; `in_lab` for fine-tunes of lab organisms."""
    if len(outcomes) < ENOUGH:
        return None
    x = np.array([_index(one.fine_tune, in_lab=in_lab) for one in outcomes])
    y = np.array([one.kept for one in outcomes])
    left_out = np.zeros(len(y))
    for place in range(len(y)):
        others = np.arange(len(y)) != place
        offset, slope = _curve(x[others], y[others])
        left_out[place] = offset + slope * x[place]
    offset, slope = _curve(x, y)
    missed = np.sort(misses(left_out, y))
    count = len(y)
    errors = np.abs(np.array([rate_of(float(value)) for value in left_out]) - y)
    of_mean = np.abs((y.sum() - y) / (count - 1) - y)
    gain = of_mean - errors
    return OwnCurve(
        offset=offset,
        slope=slope,
        reach=float(missed[min(count, math.ceil((count + 1) * _CONFIDENCE)) - 1]),
        n=count,
        error=float(errors.mean()),
        error_of_mean=float(of_mean.mean()),
        gain_low=float(gain.mean() - _ONE_SIDED * gain.std(ddof=1) / math.sqrt(count)),
    )


def predict_own(given: FineTune, curve: OwnCurve, *, base: float) -> OwnPrediction:
    """Return the refusal rate after a fine-tune of a model that refuses `base` of such requests now."""
    index = curve.offset + curve.slope * _index(given, in_lab=given.in_lab)
    low, high = interval(index, curve.reach)
    return OwnPrediction(base=base, value=base * rate_of(index), low=base * low, high=min(1.0, base * high), curve=curve)


def _index(given: FineTune, *, in_lab: bool) -> float:
    return max(-FARTHEST, min(FARTHEST, index_of(given, in_lab=in_lab)))


def _curve(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Return offset and slope of the logistic curve of highest likelihood, the slope not below 0 and drawn a little to 0."""

    def cost(given: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        rate = np.clip(1.0 / (1.0 + np.exp(-(given[0] + given[1] * x))), 1e-9, 1 - 1e-9)
        likelihood = float((y * np.log(rate) + (1 - y) * np.log(1 - rate)).mean())
        slopes = np.array([(rate - y).mean(), ((rate - y) * x).mean() + 2 * _RIDGE * given[1]])
        return -likelihood + _RIDGE * float(given[1]) ** 2, slopes

    found = minimize(cost, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[(-8.0, 8.0), (0.0, 8.0)])
    return float(found.x[0]), float(found.x[1])
