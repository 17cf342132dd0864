"""The rows of a batch as a loop sees them: read the prompts once, then one step per token; rows may leave.

What stands behind is one model here, and two whose outputs are mixed in `models.ensemble`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch

from holdfast.models.forward import Forward
from holdfast.models.prefill import prefill

__all__ = ["ModelSteps", "Steps"]


class Steps(Protocol):
    """Gives the logits of the next token of every row, shape (rows, vocabulary)."""

    @property
    def device(self) -> torch.device:
        """Where the logits are."""
        ...

    def read(self, prompts: Sequence[Sequence[int]], *, room: int) -> torch.Tensor:
        """Read prompts that at most `room` tokens will follow."""
        ...

    def step(self, token: torch.Tensor, running: torch.Tensor) -> torch.Tensor:
        """Append one token to each row; rows that are not `running` are finished, and what they get does not matter."""
        ...

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with the rows of these numbers only, in that order."""
        ...


class ModelSteps:
    """The rows of one model, with its cache. Implements Steps."""

    mask: torch.Tensor
    positions: torch.Tensor
    cache: Any
    length: int
    """Columns in use, of padding, prompt and tokens."""

    def __init__(self, forward: Forward) -> None:
        """`forward` is the model's forward pass."""
        self.forward = forward

    @property
    def device(self) -> torch.device:
        """Where the model's first parameter lies."""
        return self.forward.device

    def read(self, prompts: Sequence[Sequence[int]], *, room: int) -> torch.Tensor:
        """Read prompts, padded on the left to one width."""
        logits, self.mask, self.positions, self.cache = prefill(self.forward, prompts, room=room)
        self.length = self.mask.shape[1] - room
        return logits[:, -1]

    def step(self, token: torch.Tensor, running: torch.Tensor) -> torch.Tensor:
        """Append one token to each row."""
        # A finished row stays at its position, so that it never passes the end of a position table.
        self.positions = self.positions + running[:, None].long()
        self.length += 1
        return self.forward(token[:, None], self.mask[:, : self.length], self.positions, self.cache)[:, -1]

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows only."""
        self.cache.reorder_cache(rows)
        self.mask, self.positions = self.mask[rows], self.positions[rows]
