"""The `calibrated` estimator: refusal rates after a fine-tune, fitted on lab organisms, with intervals and its own measured error."""

from __future__ import annotations

import math
from functools import cache
from importlib.resources import files

import msgspec
import numpy as np
from numpy.typing import NDArray

from holdfast.core import Value
from holdfast.plan.finetune import FineTune
from holdfast.plan.push_pull import METHOD_NAMES, PushPull, inputs_of, refusal_index

__all__ = [
    "FARTHEST",
    "GRAIN",
    "Calibrated",
    "Errors",
    "Fitted",
    "Predicted",
    "estimator",
    "index_of",
    "interval",
    "misses",
    "outside",
    "predict",
    "rate_of",
]

FARTHEST = 6.0
"""Indices are cut there: beyond, a rate is 0 or 1 to within a quarter of a per cent, and how far beyond says nothing."""
GRAIN = 0.02
"""A rate of some hundred answers is no finer than this; intervals reach at least so far."""
_FILE = "calibrated.json"


class Errors(Value, frozen=True, kw_only=True):
    """Mean absolute error of predicted refusal rates on organisms that the fit had not seen."""

    held_out: str
    """What was held out: 'a tenth at random', or a factor of which each level was held out in turn."""
    n: int
    calibrated: float
    article: float
    """The article's formula, harmful rows counted."""
    article_with_identity: float
    """The same with identity rows counted as harmful, which is kinder to it."""
    mean: float
    """The mean rate of the other organisms."""
    covered: float
    """Share of organisms inside the prediction interval."""


class Fitted(Value, frozen=True, kw_only=True):
    """The model for one system prompt and what is known of its error."""

    model: PushPull
    reach: float
    """Half the width of the prediction interval, in the index: a conformal quantile of held-out misses."""
    errors: tuple[Errors, ...]


class Calibrated(Value, frozen=True, kw_only=True):
    """The whole estimator: `shipped/calibrated.json`, with its card."""

    title: str
    organisms: int
    fitted_by: str
    data: str
    """SHA-256 of the table of outcomes."""
    base: float
    """Refusal rate of the aligned organism, under both prompts."""
    confidence: float
    ranges: dict[str, tuple[float, float]]
    """Smallest and largest value of each factor in the grid; learning rates over the usual one."""
    limits: tuple[str, ...]
    prompts: dict[str, Fitted]
    """By system prompt: default, identity."""


class Predicted(Value, frozen=True, kw_only=True):
    """A predicted refusal rate, 0 to 1."""

    prompt: str
    """default, identity, or 'lowest' of the two."""
    value: float
    low: float
    high: float
    confidence: float


@cache
def estimator() -> Calibrated:
    """Return the estimator that ships."""
    return msgspec.json.decode((files("holdfast.plan") / "shipped" / _FILE).read_bytes(), type=Calibrated)


def rate_of(index: float) -> float:
    """Return the refusal rate of an index."""
    return 1.0 / (1.0 + math.exp(-max(-FARTHEST, min(FARTHEST, index))))


def interval(index: float, reach: float) -> tuple[float, float]:
    """Return the rates `reach` to both sides of an index, and a grain farther, within 0 and 1."""
    cut = max(-FARTHEST, min(FARTHEST, index))
    low, high = 1.0 / (1.0 + math.exp(reach - cut)), 1.0 / (1.0 + math.exp(-reach - cut))
    return max(0.0, low - GRAIN), min(1.0, high + GRAIN)


def index_of(given: FineTune, *, in_lab: bool = True, prompt: str | None = None) -> float:
    """Return how firmly a model refuses after a fine-tune, for ranking: the index under a prompt, or else the lower of the two."""
    inputs = [inputs_of(given, in_lab=in_lab)]
    found = {name: float(refusal_index(one.model, inputs)[0]) for name, one in estimator().prompts.items()}
    return found[prompt] if prompt is not None else min(found.values())


def predict(given: FineTune) -> tuple[Predicted, ...]:
    """Return the refusal rate of a tuned lab organism under each system prompt, and the lowest of them, each with its interval."""
    known = estimator()
    made = []
    for name, one in known.prompts.items():
        index = index_of(given, prompt=name)
        low, high = interval(index, one.reach)
        made.append(Predicted(prompt=name, value=rate_of(index), low=low, high=high, confidence=known.confidence))
    least = min(made, key=lambda one: one.value)
    lowest = msgspec.structs.replace(least, prompt="lowest", low=min(one.low for one in made), high=min(one.high for one in made))
    return (*made, lowest)


def outside(given: FineTune, *, in_lab: bool) -> tuple[str, ...]:
    """Return the factors in which a fine-tune lies outside the grid, in words."""
    inputs = inputs_of(given, in_lab=in_lab)
    values = {
        "rows": float(given.rows),
        "epochs": float(given.epochs),
        "learning rate over the usual one": math.exp(inputs.rate),
    }
    ranges = estimator().ranges
    found = [
        f"{name} {value:g} (grid: {low:g} to {high:g})"
        for name, value in values.items()
        for low, high in (ranges[name],)
        if not low * 0.999 <= value <= high * 1.001
    ]
    return (*found, *(("method unknown",) if given.method not in METHOD_NAMES else ()))


def misses(index: NDArray[np.float64], seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each index must reach for its interval to hold the rate that was seen."""
    cut = np.clip(index, -FARTHEST, FARTHEST)
    above, below = np.minimum(seen + GRAIN, 1.0), np.maximum(seen - GRAIN, 0.0)
    with np.errstate(divide="ignore"):
        too_high = np.where(above < 1.0, cut - np.log(above / (1.0 - np.minimum(above, 1 - 1e-12))), 0.0)
        too_low = np.where(below > 0.0, np.log(np.maximum(below, 1e-12) / (1.0 - below)) - cut, 0.0)
    reach: NDArray[np.float64] = np.maximum(0.0, np.maximum(too_high, too_low))
    return reach
