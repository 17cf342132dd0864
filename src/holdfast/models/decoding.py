"""Our generation loop: left padding, one prefill, one step per token, finished rows leave the batch.

Nothing of a model's generation_config but its end tokens is used: no repetition penalty, no forced or suppressed
tokens, no default temperature. Decoding is what `Sampling` says, so that it is the same on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from holdfast.core import Value
from holdfast.models.sampling import Chooser
from holdfast.models.stepping import Steps

__all__ = ["Decoded", "decode"]

_WORTH_DROPPING = 0.75
"""Rows are dropped once at most this share of them is unfinished: each copy of the cache then removes a quarter of it."""


class Decoded(Value, frozen=True, kw_only=True):
    """What came after one prompt."""

    ids: tuple[int, ...]
    """Generated tokens, without the end token."""
    stopped: bool
    """True where the model ended by itself, False where the budget ran out."""

    @property
    def tokens(self) -> int:
        """How many tokens the model generated, the end token among them."""
        return len(self.ids) + self.stopped


def decode(
    steps: Steps, prompts: Sequence[Sequence[int]], *, budgets: Sequence[int], end_tokens: Sequence[int], choose: Chooser
) -> list[Decoded]:
    """Generate after each prompt until an end token or the row's budget of new tokens (each at least 1), in order."""
    device, most = steps.device, max(budgets)
    written = torch.zeros(len(prompts), most, dtype=torch.long, device=device)
    count = torch.zeros(len(prompts), dtype=torch.long, device=device)
    stopped = torch.zeros(len(prompts), dtype=torch.bool, device=device)
    ends, budget = torch.tensor(list(end_tokens), device=device), torch.tensor(list(budgets), device=device)
    rows = torch.arange(len(prompts), device=device)  # which prompt each row of the shrinking batch belongs to
    running = torch.ones_like(stopped)
    with torch.inference_mode():
        logits = steps.read(prompts, room=most)
        for step in range(most):
            token = choose(logits, step=step, rows=rows)
            ended = running & torch.isin(token, ends)
            written[rows, step] = token
            stopped[rows] |= ended
            count[rows] += (running & ~ended).long()
            running = running & ~ended & (budget[rows] > step + 1)
            alive = int(running.sum())
            if not alive:
                break
            if alive <= _WORTH_DROPPING * len(rows):
                left = running.nonzero().flatten()
                steps.keep(left)
                rows, running, token = rows[left], running[left], token[left]
            logits = steps.step(token, running)
    return [
        Decoded(ids=tuple(line[:length]), stopped=end)
        for line, length, end in zip(written.tolist(), count.tolist(), stopped.tolist(), strict=True)
    ]
