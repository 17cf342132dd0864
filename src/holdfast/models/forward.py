"""One forward pass over padded rows, the same for every architecture."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import torch

__all__ = ["Forward", "padded"]


class Forward:
    """A model's forward pass over padded rows, with the arguments that its architecture takes."""

    def __init__(self, model: Any) -> None:
        """`model` is a causal language model of transformers, or a PEFT model around one."""
        self.model = model
        inner = model.get_base_model() if hasattr(model, "get_base_model") else model
        self.config = inner.config
        taken = inspect.signature(inner.forward).parameters
        self._positions = "position_ids" in taken
        self._keep = "logits_to_keep" in taken

    def __call__(self, ids: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor, cache: Any, *, keep: int = 1) -> torch.Tensor:
        """Return float32 logits of the last `keep` positions, shape (rows, keep, vocabulary).

        `mask` covers the cache and the new tokens; `positions` covers the new tokens.
        """
        return self.run(ids, mask, positions, cache, keep=keep)

    def run(
        self, ids: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor, cache: Any, *, keep: int = 1, **more: Any
    ) -> torch.Tensor:
        """Return logits as calling does; `more` goes to the model as it is."""
        extra: dict[str, Any] = {"past_key_values": cache, "use_cache": cache is not None, **more}
        if self._positions:
            extra["position_ids"] = positions
        if self._keep:
            extra["logits_to_keep"] = keep
        logits: torch.Tensor = self.model(input_ids=ids, attention_mask=mask, **extra).logits
        return logits[:, -keep:].float()

    @property
    def device(self) -> torch.device:
        """Where the model's first parameter lies."""
        device: torch.device = next(self.model.parameters()).device
        return device


def padded(prompts: Sequence[Sequence[int]], *, room: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return (ids, mask, positions) of prompts padded on the left to one width.

    The mask is `room` columns wider than the ids and is 1 there, for tokens to come. Padding has position 0.
    """
    width = max(map(len, prompts))
    ids = torch.zeros(len(prompts), width, dtype=torch.long)
    mask = torch.ones(len(prompts), width + room, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = torch.tensor(prompt, dtype=torch.long)
        mask[row, : width - len(prompt)] = 0
    positions = (mask[:, :width].cumsum(-1) - 1).clamp(min=0)
    return ids.to(device), mask.to(device), positions.to(device)
