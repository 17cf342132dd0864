"""How far the first response tokens have moved from the base.

Qi et al., "Safety alignment should be made more than just a few tokens deep" (ICLR 2025), find most of what a fine-tune
changes in the first tokens of the answer. Here both models read the same answer (the base's own), so nothing is generated.
"""

from __future__ import annotations

import torch

__all__ = ["kl_per_token"]


def kl_per_token(tuned: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
    """Return the mean over prompts of KL(tuned || base) at each answer token, in nats, shape (tokens,), double, at least 0.

    Both arguments are logits of shape (prompts, tokens, vocabulary) on the same prompts and answers.
    """
    p, q = tuned.double().log_softmax(-1), base.double().log_softmax(-1)
    return (p.exp() * (p - q)).sum(-1).mean(0).clamp(min=0)
