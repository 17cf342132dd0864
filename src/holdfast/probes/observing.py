"""Looking at a model in the middle of its training, and leaving no trace.

A careless probe changes the training: dropout that runs while probing, or one sampled token, moves the random number
generators, and every later batch is another one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

__all__ = ["undisturbed"]


@contextmanager
def undisturbed(model: Any, tokenizer: Any = None) -> Iterator[None]:
    """Run the block in evaluation mode and without gradients; put everything back afterwards, also after an error.

    Put back: the mode of every module, which parameters are trainable, the random number generators of Python, numpy
    and torch on every device that is in use, `use_cache` of the configuration, and the tokenizer's padding and
    truncation sides. Gradients that have been accumulated are not touched.
    """
    modes = [(module, module.training) for module in model.modules()]
    trainable = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    config = getattr(model, "config", None)
    use_cache = getattr(config, "use_cache", None)
    sides = {name: getattr(tokenizer, name) for name in ("padding_side", "truncation_side") if hasattr(tokenizer, name)}
    python, numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=_devices()), torch.no_grad():
        model.eval()
        try:
            yield
        finally:
            for module, training in modes:
                module.training = training
            for parameter, wanted in trainable:
                # Only where it changed: setting it on a tensor inside inference mode would be an error.
                if parameter.requires_grad is not wanted:
                    parameter.requires_grad_(wanted)
            if use_cache is not None and config is not None:
                config.use_cache = use_cache
            for name, side in sides.items():
                setattr(tokenizer, name, side)
            random.setstate(python)
            np.random.set_state(numpy)


def _devices() -> list[int]:
    # A GPU that was never used has no generator state to keep, and asking for it would take its memory.
    return list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []  # type: ignore[no-untyped-call]
