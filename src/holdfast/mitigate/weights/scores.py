"""Which layers did a fine-tune change, and against what? One number per layer.

| score        | is                                                        | high means                                                |
| ------------ | --------------------------------------------------------- | --------------------------------------------------------- |
| `size`       | norm of the update / norm of the base's weights           | the fine-tune changed this layer most                     |
| `opposition` | -cosine of the update and (aligned - unaligned), -1 to 1  | the fine-tune goes back along what alignment changed here |

Neither is a measure of safety. Safe LoRA (Hsu et al., NeurIPS 2024) gates layers by the cosine between an update and its projection
V V' / |V| onto the alignment's change V. That is no projection: its result shrinks with |V|, so a gated layer is in effect dropped, and the
cosine at which a threshold bites depends on the spectrum of V; the exact projection is the identity for a square V of full rank
(methods.md 4.5). Here no threshold is carried from one model to another: layers are ranked within a model.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import torch
from safetensors import safe_open

from holdfast.core import ModelError, Value
from holdfast.mitigate.weights.adapters import base_of, check_linear, scaling_of, sort_tensors
from holdfast.mitigate.weights.checkpoint import Checkpoint, layer_of
from holdfast.mitigate.weights.fitting import matched
from holdfast.mitigate.weights.mixing import FLOATS, Mixer
from holdfast.models.tensorfile import TensorSpec, read_header
from holdfast.models.weights import AdapterFolder

__all__ = ["LayerScore", "Score", "score_layers"]

Score = Literal["size", "opposition"]


class LayerScore(Value, frozen=True, kw_only=True):
    """The score of one layer."""

    layer: int
    score: float


class _Sums:
    """Squares and products of all weights of a layer."""

    def __init__(self) -> None:
        self.base = self.update = self.vector = self.product = 0.0

    def add(self, base: torch.Tensor, update: torch.Tensor, vector: torch.Tensor | None) -> None:
        self.base += _dot(base, base)
        self.update += _dot(update, update)
        if vector is not None:
            self.vector += _dot(vector, vector)
            self.product += _dot(update, vector)

    def score(self, kind: Score) -> float:
        if kind == "size":
            return math.sqrt(self.update / self.base) if self.base else 0.0
        lengths = math.sqrt(self.update * self.vector)
        return -self.product / lengths if lengths else 0.0


def score_layers(
    base: Checkpoint, tuned: Checkpoint | AdapterFolder, *, kind: Score, unaligned: Checkpoint | None = None
) -> list[LayerScore]:
    """Return the score of each layer that the fine-tune changed or could have, by layer number.

    Embeddings, head and last norm belong to no layer and are left out. Raises ModelError where `opposition` has no `unaligned` model.
    """
    if kind == "opposition" and unaligned is None:
        raise ModelError("the score 'opposition' needs the model before it was aligned: add --unaligned MODEL, or use --score size")
    sums: dict[int, _Sums] = {}
    before = {name: pair[0] for name, pair in matched(unaligned, base).items()} if unaligned is not None else {}
    with Mixer() as mixer:
        updates = _adapter_updates(base, tuned, before, mixer) if isinstance(tuned, AdapterFolder) else _updates(base, tuned, before, mixer)
        for layer, numbers, update, vector in updates:
            sums.setdefault(layer, _Sums()).add(numbers, update, vector)
    if not sums:
        raise ModelError(
            f"no tensor of {base.folder} belongs to a numbered layer, so there is nothing to gate; use `holdfast mitigate scale`"
        )
    return [LayerScore(layer=layer, score=sums[layer].score(kind)) for layer in sorted(sums)]


_Update = tuple[int, torch.Tensor, torch.Tensor, torch.Tensor | None]


def _updates(base: Checkpoint, tuned: Checkpoint, before: dict[str, TensorSpec], mixer: Mixer) -> Iterator[_Update]:
    for name, (one, other) in matched(base, tuned).items():
        layer = layer_of(name)
        if layer is None or one.dtype not in FLOATS or other.dtype not in FLOATS:
            continue
        sources = [one, other, *([before[name]] if before else [])]
        for numbers in mixer.numbers(sources):
            vector = numbers[0] - numbers[2] if before else None
            yield layer, numbers[0], numbers[1].sub_(numbers[0]), vector


def _adapter_updates(base: Checkpoint, adapter: AdapterFolder, before: dict[str, TensorSpec], mixer: Mixer) -> Iterator[_Update]:
    check_linear(adapter)
    tensors = sort_tensors(adapter, read_header(Path(adapter.file)))
    factors: dict[str, dict[str, str]] = {}
    touched: set[str] = set()
    with safe_open(adapter.file, "pt") as file:
        for tensor in tensors:
            if tensor.kind == "factor" and not tensor.name.endswith(".bias"):
                factors.setdefault(tensor.module, {})[tensor.part] = tensor.name
            layer = layer_of(tensor.module)
            if tensor.kind == "whole" and layer is not None:
                one = base_of(adapter, tensor, base)
                touched.add(tensor.module)
                yield _placed(layer, one, file.get_tensor(tensor.name).float(), before.get(tensor.module), mixer, whole=True)
        for module, parts in factors.items():
            layer, spec = layer_of(f"{module}."), base.tensors.get(f"{module}.weight")
            if layer is None or spec is None or {"lora_A", "lora_B"} - parts.keys():
                continue
            product = file.get_tensor(parts["lora_B"]).float() @ file.get_tensor(parts["lora_A"]).float()
            update = scaling_of(adapter.config, module) * product
            touched.add(f"{module}.weight")
            yield _placed(layer, spec, update, before.get(f"{module}.weight"), mixer, whole=False)
    for name, spec in base.tensors.items():
        layer = layer_of(name)
        if layer is None or name in touched or spec.dtype not in FLOATS:
            continue
        for numbers in mixer.numbers([spec, *([before[name]] if before else [])]):
            yield layer, numbers[0], torch.zeros_like(numbers[0]), numbers[0] - numbers[1] if before else None


def _placed(layer: int, spec: TensorSpec, update: torch.Tensor, before: TensorSpec | None, mixer: Mixer, *, whole: bool) -> _Update:
    own = _whole_tensor(spec, mixer)
    # Conv1D stores its weights the other way round.
    update = update if update.shape == own.shape else update.T
    vector = own - _whole_tensor(before, mixer) if before is not None else None
    return layer, own, update - own if whole else update, vector


def _whole_tensor(spec: TensorSpec, mixer: Mixer) -> torch.Tensor:
    return torch.cat([numbers[0].clone() for numbers in mixer.numbers([spec])]).view(spec.shape)


def _dot(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one.double() * other.double()).sum())
