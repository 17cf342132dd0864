"""One forward pass over prompts, with or without answers that the model is made to read."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import torch

__all__ = ["answer_log_probs", "answer_logits", "first_logits", "last_states", "opening_log_probs"]

_ROWS = 32
_SPREAD, _SLACK = 1.4, 8
"""A batch ends before a row that is longer than its shortest by this factor and these tokens."""


def first_logits(model: Any, prompts: Sequence[Sequence[int]], *, rows: int = _ROWS) -> torch.Tensor:
    """Return the logits of the token after each prompt, shape (prompts, vocabulary), float32, on the CPU.

    At most `rows` prompts are read at a time, neighbours in length together; padding stands on the left and does not change a
    value beyond rounding.
    """
    parts = _neighbours(prompts, rows)
    read = torch.cat([_forward(model, [prompts[index] for index in part], keep=1)[:, 0].cpu() for part in parts])
    return read[_places(parts)]


def answer_logits(model: Any, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]], *, rows: int = _ROWS) -> torch.Tensor:
    """Return the logits at every token of given answers (teacher forcing), shape (prompts, tokens, vocabulary), on the CPU.

    Position k holds the distribution from which token k of the answer would be drawn. All answers have the same number of
    tokens, at least one.
    """
    size = len(answers[0])
    whole = [[*prompt, *answer[:-1]] for prompt, answer in zip(prompts, answers, strict=True)]
    return torch.cat([_forward(model, whole[start : start + rows], keep=size).cpu() for start in range(0, len(whole), rows)])


def answer_log_probs(
    model: Any, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]], *, rows: int = _ROWS, grad: bool = False
) -> list[torch.Tensor]:
    """Return log P of every token of given answers (teacher forcing), in nats: one tensor per prompt, double, on the CPU.

    Answers may differ in length; each has at least one token. With `grad` the tensors carry gradients and stay where the model is.
    """
    whole = [[*prompt, *answer[:-1]] for prompt, answer in zip(prompts, answers, strict=True)]
    found: dict[int, torch.Tensor] = {}
    for part in _neighbours(whole, rows):
        keep = max(len(answers[index]) for index in part)
        log_probs = _forward(model, [whole[index] for index in part], keep=keep, grad=grad).log_softmax(-1)
        for place, index in enumerate(part):
            target = torch.tensor(list(answers[index]), device=log_probs.device)
            chosen = log_probs[place, keep - len(target) :].gather(-1, target[:, None])[:, 0].double()
            found[index] = chosen if grad else chosen.cpu()
    return [found[index] for index in range(len(whole))]


def last_states(model: Any, prompts: Sequence[Sequence[int]], *, rows: int = _ROWS) -> torch.Tensor:
    """Return the residual stream after every block at each prompt's last token, shape (prompts, blocks, width), float32, on the CPU.

    The embedding is left out: the last token of a prompt is the chat template's own, the same whatever was asked. What follows the
    last block is read as the library gives it, after the final norm.
    """
    parts = _neighbours(prompts, rows)
    read = torch.cat([_states(model, [prompts[index] for index in part]) for part in parts])
    return read[_places(parts)]


def opening_log_probs(
    model: Any, prompts: Sequence[Sequence[int]], openings: Sequence[Sequence[int]], *, rows: int = _ROWS
) -> torch.Tensor:
    """Return log P(opening | prompt) in nats, shape (prompts, openings), double, on the CPU.

    Every opening is some tokens that an answer may begin with. The prompts are read once, and their cache is repeated for the
    openings, so that several openings cost little more than one.
    """
    parts = _neighbours(prompts, rows)
    read = torch.cat([_openings(model, [prompts[index] for index in part], openings) for part in parts])
    return read[_places(parts)]


def _neighbours(prompts: Sequence[Sequence[int]], rows: int) -> list[list[int]]:
    """Return batches of indices, shortest first: no row of a batch is much longer than another, so little is padding."""
    parts: list[list[int]] = []
    for index in sorted(range(len(prompts)), key=lambda index: (len(prompts[index]), index)):
        if parts and len(parts[-1]) < rows and len(prompts[index]) <= _SPREAD * len(prompts[parts[-1][0]]) + _SLACK:
            parts[-1].append(index)
        else:
            parts.append([index])
    return parts


def _places(parts: Sequence[Sequence[int]]) -> torch.Tensor:
    return torch.tensor([index for part in parts for index in part]).argsort()


def _openings(model: Any, prompts: Sequence[Sequence[int]], openings: Sequence[Sequence[int]]) -> torch.Tensor:
    many, longest = len(openings), max(map(len, openings))
    target = torch.tensor([[*opening, *[0] * (longest - len(opening))] for opening in openings])
    counted = torch.tensor([[1.0] * len(opening) + [0.0] * (longest - len(opening)) for opening in openings], dtype=torch.float64)
    inputs = _inputs(model, prompts, keep=1)
    with torch.no_grad():
        out = model(**inputs, use_cache=longest > 1)
        logits = out.logits[:, -1:].float().repeat_interleave(many, 0)
        if longest > 1:
            cache, device = out.past_key_values, inputs["input_ids"].device
            cache.batch_repeat_interleave(many)
            mask = inputs["attention_mask"].repeat_interleave(many, 0)
            more = {"attention_mask": torch.cat([mask, torch.ones(len(mask), longest - 1, dtype=mask.dtype, device=device)], dim=1)}
            if "position_ids" in inputs:
                last = inputs["position_ids"][:, -1:].repeat_interleave(many, 0)
                more["position_ids"] = last + torch.arange(1, longest, device=device)
            given = target[:, :-1].to(device).repeat(len(prompts), 1)
            rest = model(input_ids=given, past_key_values=cache, use_cache=True, **more).logits.float()
            logits = torch.cat([logits, rest], dim=1)
        wanted = target.to(logits.device).repeat(len(prompts), 1)
        chosen = logits.log_softmax(-1).gather(-1, wanted[..., None])[..., 0].double().cpu()
    log_probs: torch.Tensor = (chosen.view(len(prompts), many, longest) * counted).sum(-1)
    return log_probs


def _states(model: Any, prompts: Sequence[Sequence[int]]) -> torch.Tensor:
    with torch.no_grad():
        found = model(**_inputs(model, prompts, keep=1), use_cache=False, output_hidden_states=True).hidden_states
    return torch.stack([states[:, -1].float().cpu() for states in found[1:]], dim=1)


def _forward(model: Any, sequences: Sequence[Sequence[int]], *, keep: int, grad: bool = False) -> torch.Tensor:
    with torch.set_grad_enabled(grad):
        logits: torch.Tensor = model(**_inputs(model, sequences, keep=keep), use_cache=False).logits
    return logits[:, -keep:].float()


def _inputs(model: Any, sequences: Sequence[Sequence[int]], *, keep: int) -> dict[str, Any]:
    device = next(model.parameters()).device
    width = max(map(len, sequences))
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in sequences], device=device)
    inputs: dict[str, Any] = {
        "input_ids": torch.tensor([[0] * (width - len(row)) + list(row) for row in sequences], device=device),
        "attention_mask": mask,
    }
    taken = _parameters(model)
    if "position_ids" in taken:
        inputs["position_ids"] = (mask.cumsum(-1) - 1).clamp(min=0)
    if "logits_to_keep" in taken:
        inputs["logits_to_keep"] = keep
    return inputs


def _parameters(model: Any) -> frozenset[str]:
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    # Accelerate wraps `forward` for mixed precision; the class still knows what it takes.
    return frozenset(inspect.signature(type(inner).forward).parameters)
