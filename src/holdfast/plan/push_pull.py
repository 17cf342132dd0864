"""How rows push refusals down and pull them up while a model trains: the model behind the `calibrated` estimator.

One number z stands for how firmly the model refuses. In training time t (rising with learning rate and steps) harmful, identity and
benign rows push it down as long as there is refusing left to lose, and safety rows pull it up as long as there is answering left to
lose; the push of identity and of benign rows fades once they are learned:

    dz/dt = -(h + a_i i / (1 + d_i t) + a_b b / (1 + d t)) p(z) + a_s s (1 - p(z)),    p(z) = 1 / (1 + exp(-z))

The refusal rate is `p(slope (z(T) - threshold))`. So by construction a safety row in place of any other never lowers the estimate, and
a harmful row in place of a benign one never raises it (benign rows push less than harmful ones: a_b is below 1). numpy only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from holdfast.core import Value
from holdfast.plan.finetune import FineTune

__all__ = ["LAB", "PARAMETERS", "USUAL_RATE", "Inputs", "PushPull", "columns_of", "inputs_of", "refusal_index", "simulated", "steps_of"]

Array = NDArray[np.float64]
METHOD_NAMES = ("full", "lora", "prefix")
LAB: dict[str, float] = {"full": 2.5e-4, "lora": 1e-3, "prefix": 5e-2}
"""Learning rates in the lab from which rates are counted, in powers of e: the middle of the grid."""
USUAL_RATE: dict[str, float] = {"full": 2e-5, "lora": 2e-4, "prefix": 1e-2}
"""What stands for them on real models: the rates of the source article's scenarios; for prefixes, our choice."""
BATCH = 10
"""Rows per step in the grid."""
PARAMETERS = ("speed", "identity", "benign", "safety")
"""What differs from method to method, each as the logarithm of a rate."""
_MARKS = np.linspace(0.0, 1.0, 25) ** 2
"""Places in training time, as parts of the whole, dense where refusals go."""
_LONGEST, _SHORTEST, _FAR = 9.0, -12.0, 30.0


class Inputs(Value, frozen=True, kw_only=True):
    """A fine-tune in the model's terms."""

    rate: float
    """Logarithm of the learning rate over the usual one of its method."""
    steps: float
    """Logarithm of the number of optimiser steps."""
    harmful: float
    identity: float
    safety: float
    method: int
    """Place in full, lora, prefix."""


class PushPull(Value, frozen=True, kw_only=True):
    """The fitted numbers for one system prompt."""

    shared: tuple[float, ...]
    """Per `PARAMETERS`, for all methods."""
    methods: tuple[tuple[float, ...], ...]
    """What full, LoRA and prefix add to them."""
    rate_power: float
    """Logarithm of the power of the learning rate in training time."""
    steps_power: float
    """Logarithm of the power of the steps in it."""
    start: float
    """z before training."""
    slope: float
    """Logarithm."""
    threshold: float
    fading: float
    """Logarithm of d."""
    fading_identity: float
    """Logarithm of d_i."""


def steps_of(given: FineTune) -> float:
    """Return the optimiser steps of a fine-tune; 10 rows a step where nothing is said."""
    return given.epochs * math.ceil(given.rows / (given.batch or BATCH))


def inputs_of(given: FineTune, *, in_lab: bool) -> Inputs:
    """Return a fine-tune in the model's terms; what nobody counted is taken as none, and an unknown method as full tuning."""
    method = given.method if given.method in METHOD_NAMES else "full"
    usual = (LAB if in_lab else USUAL_RATE)[method]
    return Inputs(
        rate=math.log(given.learning_rate / usual),
        steps=math.log(max(steps_of(given), 1e-9)),
        harmful=given.share("harmful") or 0.0,
        identity=given.share("identity") or 0.0,
        safety=given.share("safety") or 0.0,
        method=METHOD_NAMES.index(method),
    )


def refusal_index(model: PushPull, given: Sequence[Inputs]) -> Array:
    """Return the index of each fine-tune: `1 / (1 + exp(-index))` is the refusal rate after it."""
    return simulated(model, columns_of(given))


def columns_of(given: Sequence[Inputs]) -> dict[str, Array]:
    """Return fine-tunes column by column."""
    return {name: np.array([getattr(one, name) for one in given], dtype=float) for name in Inputs.__struct_fields__}


def simulated(model: Any, columns: dict[str, Array]) -> Array:
    """Return the index of each fine-tune.

    The fields of `model` may hold several models at once, as arrays with the models first and a last axis of length 1 (of the
    parameters in `shared` and `methods`): a fit tries many.
    """
    per_method = np.asarray(model.methods)[..., columns["method"].astype(int), :] + np.asarray(model.shared)[..., None, :]
    log_speed, identity, benign, safety = np.moveaxis(per_method, -1, 0)
    length = log_speed + np.exp(model.rate_power) * columns["rate"] + np.exp(model.steps_power) * columns["steps"]
    total = np.exp(np.clip(length, _SHORTEST, _LONGEST))
    other = np.clip(1.0 - columns["harmful"] - columns["identity"] - columns["safety"], 0.0, 1.0)
    self_image, other = np.exp(identity) * columns["identity"], np.exp(benign) * other
    pull = np.exp(safety) * columns["safety"]
    fading, fading_identity = np.exp(model.fading) * total, np.exp(model.fading_identity) * total
    z = np.zeros_like(total) + model.start
    for before, after in pairwise(_MARKS):
        push = columns["harmful"] + self_image / (1.0 + fading_identity * before) + other / (1.0 + fading * before)
        refusing = 1.0 / (1.0 + np.exp(-z))
        # One step of the linearised equation: exact enough at any length, where a plain step would overshoot.
        step = total * (after - before)
        z = z + step * (pull * (1.0 - refusing) - push * refusing) / (1.0 + step * (push + pull) * refusing * (1.0 - refusing))
        z = np.clip(z, -_FAR, _FAR)
    index: Array = np.exp(model.slope) * (z - model.threshold)
    return index
