"""Mixing two predictions of the next token."""

from __future__ import annotations

import math

import torch

__all__ = ["mixed"]


def mixed(tuned: torch.Tensor, base: torch.Tensor, weight: float) -> torch.Tensor:
    """Return log((1 - weight) * p_tuned + weight * p_base) from logits of shape (rows, vocabulary), in double precision.

    `weight` in [0, 1] is the base's share. At its ends the result is the log probabilities of one side, whose order is that of
    its logits: doubles keep apart what float32 logits tell apart. Adding probabilities, and not logits, lets either model's refusal
    through: a mean of logits would drop a token that one of the two finds impossible.
    """
    ours, theirs = tuned.double().log_softmax(-1), base.double().log_softmax(-1)
    return torch.logaddexp(ours + _log(1 - weight), theirs + _log(weight))


def _log(share: float) -> float:
    return math.log(share) if share > 0 else -math.inf
