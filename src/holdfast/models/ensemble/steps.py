"""Both sides of an ensemble, step by step: two models one after the other, or a base and its adapter in one batch of twice the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch

from holdfast.models.cache import ReservedLayer, new_cache
from holdfast.models.ensemble.mixing import mixed
from holdfast.models.forward import Forward
from holdfast.models.stepping import ModelSteps

__all__ = ["AdapterForward", "OneBatchSteps", "SidedForward", "TwoModelSteps", "one_batch_works"]

_BASE = "__base__"
"""PEFT's name for a row without an adapter."""


class SidedForward(Forward):
    """A forward pass inside a context, such as one that switches an adapter off."""

    def __init__(self, model: Any, context: Callable[[], AbstractContextManager[None]]) -> None:
        """`context` makes the context, once per pass."""
        super().__init__(model)
        self._context = context

    def __call__(self, ids: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor, cache: Any, *, keep: int = 1) -> torch.Tensor:
        """Return logits as `Forward` does."""
        with self._context():
            return super().__call__(ids, mask, positions, cache, keep=keep)


class AdapterForward(Forward):
    """A forward pass whose rows have an adapter each, or none: PEFT's inference with several adapters in one batch."""

    def __init__(self, model: Any) -> None:
        """`model` is a PEFT model whose adapters are switched on."""
        super().__init__(model)
        self.names: list[str] = []

    def __call__(self, ids: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor, cache: Any, *, keep: int = 1) -> torch.Tensor:
        """Return logits as `Forward` does; `names` holds one adapter per row, or one for all."""
        names = self.names * len(ids) if len(self.names) == 1 else self.names
        return self.run(ids, mask, positions, cache, keep=keep, adapter_names=names)


class TwoModelSteps:
    """Mixes the logits of two models for the first `tokens` tokens, then goes on with the tuned one alone. Implements Steps."""

    def __init__(self, tuned: Forward, base: Forward, *, weight: float, tokens: int | None) -> None:
        """`tokens` None mixes to the end."""
        self._tuned, self._weight, self._left = ModelSteps(tuned), weight, tokens
        self._base: ModelSteps | None = ModelSteps(base)

    @property
    def device(self) -> torch.device:
        """Where the tuned model is."""
        return self._tuned.device

    def read(self, prompts: Sequence[Sequence[int]], *, room: int) -> torch.Tensor:
        """Read the prompts on both sides."""
        tuned = self._tuned.read(prompts, room=room)
        return self._mix(tuned, lambda base: base.read(prompts, room=room))

    def step(self, token: torch.Tensor, running: torch.Tensor) -> torch.Tensor:
        """Append one token to each row, on both sides while they are mixed."""
        tuned = self._tuned.step(token, running)
        return self._mix(tuned, lambda base: base.step(token.to(base.device), running.to(base.device)))

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows only, on both sides."""
        self._tuned.keep(rows)
        if self._base is not None:
            self._base.keep(rows.to(self._base.device))

    def _mix(self, tuned: torch.Tensor, ask: Callable[[ModelSteps], torch.Tensor]) -> torch.Tensor:
        if self._base is None:
            return tuned
        result = mixed(tuned, ask(self._base).to(tuned.device), self._weight)
        if self._left is not None:
            self._left -= 1
            if not self._left:
                self._base = None  # its cache is memory
        return result


class OneBatchSteps:
    """The same for a base and an adapter on it: one batch holds every row twice, with the adapter and without. Implements Steps.

    Memory for weights is that of one model, and a step reads them once.
    """

    def __init__(self, model: Any, adapter: str, *, weight: float, tokens: int | None) -> None:
        """`model` is a PEFT model that holds `adapter`."""
        self._forward, self._adapter = AdapterForward(model), adapter
        self._weight, self._left = weight, tokens
        self._steps = ModelSteps(self._forward)
        self._both = True

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self._steps.device

    def read(self, prompts: Sequence[Sequence[int]], *, room: int) -> torch.Tensor:
        """Read the prompts on both sides and put the rows into one batch: with the adapter first, then without."""
        sides = []
        for name in (self._adapter, _BASE):
            self._forward.names = [name]
            side = ModelSteps(self._forward)
            sides.append((side, side.read(prompts, room=room)))
        (tuned, ours), (base, theirs) = sides
        self._steps.mask, self._steps.length = torch.cat([tuned.mask, base.mask]), tuned.length
        self._steps.positions = torch.cat([tuned.positions, base.positions])
        self._steps.cache = _joined(self._forward.config, [tuned.cache, base.cache], len(prompts), tuned.length)
        return self._mix(ours, theirs, len(prompts))

    def step(self, token: torch.Tensor, running: torch.Tensor) -> torch.Tensor:
        """Append one token to each row, on both sides while they are mixed."""
        count = len(token)
        if not self._both:
            self._forward.names = [self._adapter]
            return self._steps.step(token, running)
        self._forward.names = [self._adapter] * count + [_BASE] * count
        logits = self._steps.step(torch.cat([token, token]), torch.cat([running, running]))
        return self._mix(logits[:count], logits[count:], count)

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows only, on both sides."""
        count = len(self._steps.mask) // 2
        self._steps.keep(torch.cat([rows, rows + count]) if self._both else rows)

    def _mix(self, tuned: torch.Tensor, base: torch.Tensor, count: int) -> torch.Tensor:
        if self._left is not None:
            self._left -= 1
            if not self._left:
                self._both = False
                self._steps.keep(torch.arange(count, device=tuned.device))
        return mixed(tuned, base, self._weight)


def one_batch_works(model: Any, adapter: str) -> bool:
    """Return whether both sides can share a batch: a plain LoRA adapter on a cache that can be put together, measured on one token.

    PEFT refuses a batch of several adapters for DoRA and other variants, and leaves hooks behind when it does, so it is not asked then.
    """
    from holdfast.models.adapters import evaluating, side

    config = model.peft_config[adapter]
    variants = any(getattr(module, "lora_variant", {}).get(adapter) for module in model.modules())
    forward = AdapterForward(model)
    reserved = all(isinstance(layer, ReservedLayer) for layer in new_cache(forward.config).layers)
    if getattr(config.peft_type, "value", "") != "LORA" or variants or getattr(config, "target_parameters", None) or not reserved:
        return False
    ids = torch.tensor([[1], [1]], device=forward.device)
    shape = (ids, torch.ones_like(ids), torch.zeros_like(ids), None)
    forward.names = [adapter, _BASE]
    with torch.inference_mode(), evaluating(model):
        with side(model, adapter):
            together = forward(*shape)
        for row, name in enumerate((adapter, None)):
            with side(model, name):
                alone = Forward(model)(*shape)
            if not torch.allclose(together[row], alone[row], rtol=1e-2, atol=1e-2):
                return False
    return True


def _joined(config: Any, parts: Sequence[Any], rows: int, width: int) -> Any:
    cache = new_cache(config)
    for layer, *pieces in zip(cache.layers, *(part.layers for part in parts), strict=True):
        for number, piece in enumerate(pieces):
            layer.place(piece, torch.arange(number * rows, (number + 1) * rows, device=piece.keys.device), (rows * len(pieces), width))
    return cache
