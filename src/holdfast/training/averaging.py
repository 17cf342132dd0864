"""A running mean of the weights of one training. Importing this loads torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

__all__ = ["WeightAverage"]


class WeightAverage:
    """An exponential moving average of the trained weights, in their own type, kept where they are.

    Averages along one run often generalise better than its end (Izmailov et al., "Averaging weights leads to wider optima",
    UAI 2018); whether one is safer is measured and not assumed. `decay` is the share that stays per step.
    """

    def __init__(self, model: Any, *, decay: float = 0.99) -> None:
        self.decay = decay
        self.mean = {name: value.detach().clone() for name, value in _trainable(model)}
        """By name of the parameter."""

    def update(self, model: Any) -> None:
        """Take in the weights after an optimiser step."""
        with torch.no_grad():
            for name, value in _trainable(model):
                self.mean[name].lerp_(value.detach(), 1 - self.decay)

    def put(self, model: Any) -> None:
        """Put the averaged weights into the model."""
        _load(model, self.mean)

    @contextmanager
    def in_place(self, model: Any) -> Iterator[None]:
        """Run the block with the averaged weights in the model, and put its own back, to the last bit."""
        own = {name: value.detach().clone() for name, value in _trainable(model)}
        try:
            self.put(model)
            yield
        finally:
            _load(model, own)


def _load(model: Any, values: dict[str, torch.Tensor]) -> None:
    with torch.no_grad():
        for name, value in _trainable(model):
            value.copy_(values[name])


def _trainable(model: Any) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in model.named_parameters() if value.requires_grad]
