from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from tests.unit.models.test_live import peft_model
from tests.unit.models.tiny import build_tokenizer

from holdfast.probes import undisturbed


def disturb(model: Any, tokenizer: Any) -> None:
    torch.rand(3), random.random(), np.random.rand()
    tokenizer.padding_side = "left"
    model.config.use_cache = not model.config.use_cache
    model.base_model.model.model.layers[0].train()
    next(model.parameters()).requires_grad_(True)


def state_of(model: Any, tokenizer: Any) -> tuple[Any, ...]:
    gradients = [None if p.grad is None else p.grad.clone() for p in model.parameters()]
    return (
        torch.get_rng_state().tolist(),
        random.getstate(),
        str(np.random.get_state(legacy=False)),
        tokenizer.padding_side,
        model.config.use_cache,
        [module.training for module in model.modules()],
        [p.requires_grad for p in model.parameters()],
        [None if g is None else g.tolist() for g in gradients],
        torch.is_grad_enabled(),
    )


@pytest.mark.parametrize("fails", [False, True])
def test_everything_is_put_back_also_after_an_error(fails: bool) -> None:
    model, tokenizer = peft_model().train(), build_tokenizer()
    tokenizer.padding_side = "right"
    model.base_model.model.model.layers[1].eval()
    ids = torch.arange(9, 21)[None]
    model(input_ids=ids, labels=ids).loss.backward()
    before = state_of(model, tokenizer)
    try:
        with undisturbed(model, tokenizer):
            assert not any(module.training for module in model.modules())
            assert not torch.is_grad_enabled()
            disturb(model, tokenizer)
            if fails:
                raise RuntimeError
    except RuntimeError:
        assert fails
    assert state_of(model, tokenizer) == before
