"""Weights kept aside, for loops that have no checkpoints of their own, and a running mean of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

__all__ = ["Snapshot", "WeightAverage"]


class Snapshot:
    """A copy on the CPU of everything that training moves: trainable parameters and buffers that are saved."""

    def __init__(self, model: Any) -> None:
        """Copy `model` as it is."""
        self._kept = {name: value.detach().to("cpu", copy=True) for name, value in _moving(model)}

    def restore(self, model: Any) -> None:
        """Put the copy back into `model`, to the last bit."""
        with torch.no_grad():
            for name, value in _moving(model):
                value.copy_(self._kept[name])


class WeightAverage:
    """An exponential moving average of the trained weights, in their own type, kept where they are.

    Averages along one run often generalise better than its end (Izmailov et al., "Averaging weights leads to wider optima",
    UAI 2018); whether one is safer is measured and not assumed. `decay` is the share that stays per step.
    """

    def __init__(self, model: Any, *, decay: float = 0.99) -> None:
        self.decay = decay
        self._mean = {name: value.detach().clone() for name, value in _trainable(model)}

    def update(self, model: Any) -> None:
        """Take in the weights after an optimiser step."""
        with torch.no_grad():
            for name, value in _trainable(model):
                self._mean[name].lerp_(value.detach(), 1 - self.decay)

    @contextmanager
    def in_place(self, model: Any) -> Iterator[None]:
        """Run the block with the averaged weights in the model, and put its own back, to the last bit."""
        own = {name: value.detach().clone() for name, value in _trainable(model)}
        try:
            _load(model, self._mean)
            yield
        finally:
            _load(model, own)


def _load(model: Any, values: dict[str, torch.Tensor]) -> None:
    with torch.no_grad():
        for name, value in _trainable(model):
            value.copy_(values[name])


def _trainable(model: Any) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in model.named_parameters() if value.requires_grad]


def _moving(model: Any) -> list[tuple[str, Any]]:
    saved = model.state_dict().keys()
    buffers = [(name, value) for name, value in model.named_buffers() if name in saved]
    return [*_trainable(model), *buffers]
