"""Numbers per token beside the token ids: carried through any collator, whichever side it pads. Importing this loads torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from holdfast.core import InputError

__all__ = ["BETAS", "REFERENCE", "PerToken"]

BETAS, REFERENCE = "token_betas", "reference_log_probs"
_FILL = {BETAS: 1.0, REFERENCE: 0.0}


class PerToken:
    """A collator around another: columns with a number per token are laid out as the inner one laid out the tokens."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self, examples: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Return the inner collator's batch with a float tensor of the shape of `input_ids` for every such column."""
        names = [name for name in _FILL if name in examples[0]]
        batch = self.inner([{key: value for key, value in example.items() if key not in names} for example in examples])
        ids = batch["input_ids"]
        places = self._places(ids, examples)
        for name in names:
            laid = torch.full(ids.shape, _FILL[name])
            for (row, start), example in zip(places, examples, strict=True):
                laid[row, start : start + len(example[name])] = torch.tensor(example[name])
            batch[name] = laid
        return dict(batch)

    def take_apart(self, values: torch.Tensor, ids: torch.Tensor, examples: Sequence[dict[str, Any]]) -> list[list[float]]:
        """Return the part of a tensor of the batch's shape that belongs to each example."""
        places = self._places(ids.cpu(), examples)
        return [
            values[row, start : start + len(example["input_ids"])].float().tolist()
            for (row, start), example in zip(places, examples, strict=True)
        ]

    def _places(self, ids: torch.Tensor, examples: Sequence[dict[str, Any]]) -> list[tuple[int, int]]:
        sizes = [len(example["input_ids"]) for example in examples]
        if ids.shape[0] == 1 and ids.shape[1] >= sum(sizes) and len(sizes) > 1:
            return [(0, sum(sizes[:number])) for number in range(len(sizes))]  # rows laid end to end, without padding
        found = []
        for row, (example, size) in enumerate(zip(examples, sizes, strict=True)):
            own = torch.as_tensor(example["input_ids"])
            starts = [start for start in (0, ids.shape[1] - size) if start >= 0 and torch.equal(ids[row, start : start + size], own)]
            if not starts:
                raise InputError("the collator changes token ids, so numbers per token cannot be laid beside them. Use one that only pads.")
            found.append((row, starts[0]))
        return found
