"""An output ensemble for people who call `model.generate` of transformers themselves."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from transformers import LogitsProcessor

from holdfast.core import InputError, ModelError
from holdfast.models.ensemble.mixing import mixed
from holdfast.models.forward import Forward

__all__ = ["OutputEnsemble"]


class OutputEnsemble(LogitsProcessor):  # type: ignore[misc]
    """Mixes the base's next-token probabilities into those of the model that generates: p = (1 - weight) * p_tuned + weight * p_base.

    The first tokens of an answer decide whether it refuses (Qi et al., "Safety alignment should be made more than just a few tokens
    deep", ICLR 2025), so mixing a few of them costs little and brings back many refusals; SafeDecoding (Xu et al., ACL 2024) mixes two
    tokens, by another formula. It changes answers to ordinary requests too: measure both.

        processor = OutputEnsemble(base_model, weight=0.5, tokens=5, attention_mask=inputs["attention_mask"])
        tuned_model.generate(**inputs, logits_processor=[processor])

    Make one per call of `generate`. Beam search works, and reads the base's prompt anew at each step in which beams change places.
    """

    def __init__(self, base: Any, *, weight: float = 0.5, tokens: int | None = 5, attention_mask: torch.Tensor | None = None) -> None:
        """`base` is the model before fine-tuning, or the PEFT model that generates: its adapter is switched off for the base's side.

        `weight` is the base's share, 0 to 1. `tokens` is how many first tokens are mixed; None is all. `attention_mask` is that of
        the prompts; without one, no row may be padded. Raises InputError for values that cannot be.
        """
        if not 0 <= weight <= 1:
            raise InputError(f"weight is the base's share, from 0 to 1, got {weight}")
        if tokens is not None and tokens < 1:
            raise InputError(f"tokens are at least 1, or None for all, got {tokens}")
        self._base, self._weight, self._tokens, self._prompt_mask = base, weight, tokens, attention_mask
        self._forward = Forward(base)
        self._done = 0
        self._seen: torch.Tensor | None = None
        self._cache: Any = None

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return log probabilities of the mix for the first tokens, and `scores` unchanged afterwards; shape (rows, vocabulary)."""
        if self._tokens is not None and self._done >= self._tokens:
            return scores
        self._done += 1
        theirs = self._base_logits(input_ids)
        if self._tokens is not None and self._done >= self._tokens:
            self._cache = self._seen = None
        if theirs.shape[-1] != scores.shape[-1]:
            raise ModelError(f"the base predicts {theirs.shape[-1]} tokens and the tuned model {scores.shape[-1]}; they must be equal")
        return mixed(scores, theirs.to(scores.device), self._weight).to(scores.dtype)

    def _base_logits(self, ids: torch.Tensor) -> torch.Tensor:
        ids = ids.to(self._forward.device)
        mask = self._mask(ids)
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        start = ids.shape[1] - 1 if self._cache is not None and self._goes_on(ids) else 0
        if not start:
            from holdfast.models.cache import new_cache

            self._cache = new_cache(self._forward.config)
        self._seen = ids
        with torch.inference_mode(), self._switched_off():
            return self._forward(ids[:, start:], mask, positions[:, start:], self._cache)[:, -1]

    def _goes_on(self, ids: torch.Tensor) -> bool:
        seen = self._seen
        return seen is not None and seen.shape == (len(ids), ids.shape[1] - 1) and bool(torch.equal(ids[:, :-1], seen))

    def _mask(self, ids: torch.Tensor) -> torch.Tensor:
        mask = torch.ones_like(ids)
        given = self._prompt_mask
        if given is not None:
            if len(ids) % len(given):
                raise InputError(f"attention_mask has {len(given)} rows and the batch {len(ids)}; give the mask of these prompts")
            # generate repeats each prompt for its beams or samples.
            mask[:, : given.shape[1]] = given.to(ids.device).repeat_interleave(len(ids) // len(given), dim=0)
        return mask

    def _switched_off(self) -> AbstractContextManager[Any]:
        return self._base.disable_adapter() if hasattr(self._base, "peft_config") else nullcontext()
