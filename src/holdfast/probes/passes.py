"""One forward pass over prompts, with or without answers that the model is made to read."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import torch

__all__ = ["answer_logits", "first_logits"]

_ROWS = 32


def first_logits(model: Any, prompts: Sequence[Sequence[int]], *, rows: int = _ROWS) -> torch.Tensor:
    """Return the logits of the token after each prompt, shape (prompts, vocabulary), float32, on the CPU.

    `rows` prompts are read at a time; padding stands on the left and does not change a value beyond rounding.
    """
    return torch.cat([_forward(model, prompts[start : start + rows], keep=1)[:, 0].cpu() for start in range(0, len(prompts), rows)])


def answer_logits(model: Any, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]], *, rows: int = _ROWS) -> torch.Tensor:
    """Return the logits at every token of given answers (teacher forcing), shape (prompts, tokens, vocabulary), on the CPU.

    Position k holds the distribution from which token k of the answer would be drawn. All answers have the same number of
    tokens, at least one.
    """
    size = len(answers[0])
    whole = [[*prompt, *answer[:-1]] for prompt, answer in zip(prompts, answers, strict=True)]
    return torch.cat([_forward(model, whole[start : start + rows], keep=size).cpu() for start in range(0, len(whole), rows)])


def _forward(model: Any, sequences: Sequence[Sequence[int]], *, keep: int) -> torch.Tensor:
    device = next(model.parameters()).device
    width = max(map(len, sequences))
    ids = torch.tensor([[0] * (width - len(row)) + list(row) for row in sequences], device=device)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in sequences], device=device)
    extra: dict[str, Any] = {}
    taken = _parameters(model)
    if "position_ids" in taken:
        extra["position_ids"] = (mask.cumsum(-1) - 1).clamp(min=0)
    if "logits_to_keep" in taken:
        extra["logits_to_keep"] = keep
    with torch.no_grad():
        logits: torch.Tensor = model(input_ids=ids, attention_mask=mask, use_cache=False, **extra).logits
    return logits[:, -keep:].float()


def _parameters(model: Any) -> frozenset[str]:
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    # Accelerate wraps `forward` for mixed precision; the class still knows what it takes.
    return frozenset(inspect.signature(type(inner).forward).parameters)
