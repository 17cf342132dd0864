"""Weights kept aside, for loops that have no checkpoints of their own."""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["Snapshot"]


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


def _trainable(model: Any) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in model.named_parameters() if value.requires_grad]


def _moving(model: Any) -> list[tuple[str, Any]]:
    saved = model.state_dict().keys()
    buffers = [(name, value) for name, value in model.named_buffers() if name in saved]
    return [*_trainable(model), *buffers]
