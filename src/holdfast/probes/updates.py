"""How far the weights have moved, per layer and for the output head.

Of an adapter the update is known exactly: the norm of scale x B A, which two small Gram matrices give. Of a full fine-tune
a copy of the start would double the memory, so 4,096 evenly spaced entries of every tensor stand for it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import torch

__all__ = ["UpdateMeter"]

_ENTRIES = 4096
_LAYER = re.compile(r"\.(?:layers|h|blocks)\.(\d+)\.")
_HEAD = re.compile(r"(?:^|\.)(?:lm_head|embed_out|output)\b")
_EMBEDDING = re.compile(r"(?:^|\.)(?:embed_tokens|wte|embed_in)\b")


class UpdateMeter:
    """Remembers where the weights were, and says how far each part of the network has moved since."""

    def __init__(self, model: Any) -> None:
        """Take `model` as the start. Only parameters that are trained, or carry an adapter, can move."""
        self._adapted = hasattr(model, "peft_config")
        self._start = {} if self._adapted else {name: _sample(value) for name, value in model.named_parameters() if value.requires_grad}

    def measure(self, model: Any) -> dict[str, float]:
        """Return the relative update of each part: norm of the change over the norm of the weights that it changes.

        Parts are 'layer-0', 'layer-1', ..., 'embedding', 'head' and 'other'. 0 is unmoved, 0.01 is one per cent. A head that
        is tied to the embedding counts as the embedding.
        """
        with torch.no_grad():
            moved = self._of_adapter(model) if self._adapted else self._of_weights(model)
        return {part: (change / size) ** 0.5 if size else 0.0 for part, (change, size) in sorted(moved.items(), key=_order)}

    def _of_weights(self, model: Any) -> dict[str, tuple[float, float]]:
        sums: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
        for name, value in model.named_parameters():
            if name in self._start:
                start, scale = self._start[name], value.numel() / self._start[name].numel()
                change, size = sums[part_of(name)]
                sums[part_of(name)] = (
                    change + float((_sample(value) - start).square().sum()) * scale,
                    size + float(start.square().sum()) * scale,
                )
        return dict(sums)

    def _of_adapter(self, model: Any) -> dict[str, tuple[float, float]]:
        sums: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
        for name, module in model.named_modules():
            active = [key for key in getattr(module, "lora_A", {}) if key in getattr(module, "active_adapters", ())]
            for key in active:
                a, b = module.lora_A[key].weight.double(), module.lora_B[key].weight.double()
                # |BA|^2 = tr(A' B'B A) = sum of (B'B) o (AA'): rank x rank, however large the layer is.
                change = float(((b.T @ b) * (a @ a.T)).sum()) * float(module.scaling[key]) ** 2
                size = float(_sample(module.get_base_layer().weight).square().sum())
                size *= module.get_base_layer().weight.numel() / min(_ENTRIES, module.get_base_layer().weight.numel())
                before, total = sums[part_of(name)]
                sums[part_of(name)] = (before + change, total + size)
        return dict(sums)


def part_of(name: str) -> str:
    """Return which part of the network a parameter or module belongs to: 'layer-3', 'head', 'embedding' or 'other'."""
    layer = _LAYER.search(f".{name}.")
    if layer:
        return f"layer-{layer[1]}"
    return "head" if _HEAD.search(name) else "embedding" if _EMBEDDING.search(name) else "other"


def _sample(value: torch.Tensor) -> torch.Tensor:
    flat = value.detach().reshape(-1)
    if len(flat) > _ENTRIES:
        # Evenly spaced in the tensor, always the same ones.
        flat = flat[torch.linspace(0, len(flat) - 1, _ENTRIES, dtype=torch.float64, device="cpu").long().to(flat.device)]
    return flat.double().cpu().clone()


def _order(item: tuple[str, Any]) -> tuple[str, int]:
    name, _, number = item[0].partition("-")
    return name, int(number or 0)
