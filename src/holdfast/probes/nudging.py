"""How much a training row pulls a model away from refusing, from a small step towards refusing and forward passes alone.

To first order, a gradient step on a row changes the loss of the model's own refusals by minus the inner product of the two gradients
(Pruthi et al., "Estimating training data influence by tracing gradient descent", NeurIPS 2020; He et al., "What is in your safe data?",
COLM 2024, rank benign rows so). The same inner product is the change of the row's loss along the refusals' gradient. So the model is moved
one small step towards its own refusals, and each row is read once before and once after: a row that becomes less likely pulls the other
way. No harmful text is needed, no row's gradient is kept, and the weights are put back to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch

from holdfast.probes.passes import answer_log_probs

__all__ = ["Nudge", "nudged", "towards_refusing"]

_SMALLEST, _LARGEST = 2.0**-12, 2.0**-6
_COST = 0.01
"""Nats per token that the step may cost the base's own harmless answers."""

_Example = tuple[Sequence[int], Sequence[int]]
"""Token ids of a prompt and of its answer."""


class Nudge(NamedTuple):
    """A step in weight space towards the model's own refusals."""

    direction: list[tuple[Any, torch.Tensor]]
    """Parameters, each with its part of a direction of length 1."""
    size: float
    """Length of the step over the norm of the weights that it moves."""
    length: float
    """Length of the step."""
    cost: float
    """What it costs the harmless answers, in nats per token."""


def towards_refusing(model: Any, refusals: Sequence[_Example], harmless: Sequence[_Example], *, rows: int = 8) -> Nudge:
    """Return a step towards `refusals` (the model's own), as long as `harmless` answers (its own) lose next to nothing.

    The direction is minus the gradient of the mean loss of the refusals' tokens. Its length doubles from 1/4096 of the weights' norm until
    the harmless answers have lost 0.01 nats per token, or up to 1/64. Refusals in another wording than these become less likely too.
    Memory: a gradient and a copy of the weights. Parameters keep their own `requires_grad` and gradients.
    """
    direction = _descent(model, refusals, rows)
    norm = float(torch.stack([part.float().norm() for _, part in direction]).norm()) or 1.0
    unit = [(parameter, part / norm) for parameter, part in direction]
    weights = float(torch.stack([parameter.detach().float().norm() for parameter, _ in unit]).norm())
    before = _mean_loss(model, harmless)
    size, cost = _SMALLEST, 0.0
    while True:
        step = Nudge(unit, size, size * weights, cost)
        with nudged(step):
            cost = _mean_loss(model, harmless) - before
        if cost >= _COST or size >= _LARGEST:
            return step._replace(cost=cost)
        size *= 2


@contextmanager
def nudged(nudge: Nudge) -> Iterator[None]:
    """Run the block with the weights moved by the step; put the very same weights back afterwards, also after an error."""
    kept = [(parameter, parameter.detach().clone()) for parameter, _ in nudge.direction]
    try:
        with torch.no_grad():
            for parameter, part in nudge.direction:
                parameter.add_(part.to(parameter.dtype), alpha=nudge.length)
        yield
    finally:
        with torch.no_grad():
            for parameter, value in kept:
                parameter.copy_(value)


def _descent(model: Any, examples: Sequence[_Example], rows: int) -> list[tuple[Any, torch.Tensor]]:
    """Return minus the gradient of the mean loss of the answers' tokens, for every parameter that it reaches."""
    parameters = [parameter for parameter in model.parameters() if parameter.is_floating_point()]
    wanted = [parameter.requires_grad for parameter in parameters]
    total = sum(len(answer) for _, answer in examples)
    sums: list[torch.Tensor | None] = [None] * len(parameters)
    try:
        for parameter in parameters:
            parameter.requires_grad_(True)
        for start in range(0, len(examples), rows):
            part = examples[start : start + rows]
            with torch.enable_grad():
                found = answer_log_probs(model, [prompt for prompt, _ in part], [answer for _, answer in part], rows=rows, grad=True)
                gain = torch.stack([one.sum() for one in found]).sum() / total
            grads = torch.autograd.grad(gain, parameters, allow_unused=True)
            sums = [grad if one is None else one if grad is None else one + grad for one, grad in zip(sums, grads, strict=True)]
    finally:
        for parameter, before in zip(parameters, wanted, strict=True):
            parameter.requires_grad_(before)
    return [(parameter, one.detach()) for parameter, one in zip(parameters, sums, strict=True) if one is not None]


def _mean_loss(model: Any, examples: Sequence[_Example]) -> float:
    found = answer_log_probs(model, [prompt for prompt, _ in examples], [answer for _, answer in examples])
    return -float(torch.cat(found).mean())
