"""Constrained fine-tuning: learn the task, and hold the first tokens of answers where the aligned model had them.

Qi et al., "Safety alignment should be made more than just a few tokens deep", ICLR 2025 (arXiv:2406.05946), section 4. Importing this
loads torch.
"""

from __future__ import annotations

import torch
from torch.nn.functional import logsigmoid

__all__ = ["constrained_loss", "constrained_weights", "token_log_probs"]


def constrained_loss(log_probs: torch.Tensor, reference: torch.Tensor, betas: torch.Tensor) -> torch.Tensor:
    """Return the loss of each token, in nats: -(2 / beta) log sigmoid(beta (log p - log p_reference)).

    Its gradient is that of cross-entropy times `constrained_weights`: equal to it where the model is its reference (the loss is then
    (2 / beta) ln 2), and near 0 where the token has become more likely than it was by some 1 / beta nats. A small beta is cross-entropy,
    a large one allows hardly any change. All three tensors have one shape; take the mean over the tokens that are learned.
    """
    return -2 / betas * logsigmoid(betas * (log_probs - reference))


def constrained_weights(log_probs: torch.Tensor, reference: torch.Tensor, betas: torch.Tensor) -> torch.Tensor:
    """Return by how much each token's cross-entropy gradient is scaled, from 0 to 2: 2 sigmoid(beta (log p_reference - log p)).

    With beta = 2 and a token 1 nat more likely than in the reference it is 0.2384; 1 nat less likely, 1.7616.
    """
    return 2 * torch.sigmoid(betas * (reference - log_probs))


def token_log_probs(logits: torch.Tensor, labels: torch.Tensor, *, ignored: int = -100) -> torch.Tensor:
    """Return the log probability of every label under the logits one place before it, 0 where the label is ignored.

    `logits` is (batch, length, words) and `labels` (batch, length), not shifted; the result is (batch, length - 1).
    """
    targets = labels[:, 1:]
    found = logits[:, :-1].float().log_softmax(-1).gather(-1, targets.clamp(min=0)[..., None])[..., 0]
    return found.masked_fill(targets == ignored, 0.0)
