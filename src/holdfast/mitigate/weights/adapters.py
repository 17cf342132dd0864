"""Adapters as files: which of them are linear in their scale, and what each of their tensors is."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any, Literal

from holdfast.core import ModelError, Value
from holdfast.mitigate.weights.checkpoint import Checkpoint
from holdfast.mitigate.weights.fitting import output_weights
from holdfast.models.tensorfile import TensorSpec
from holdfast.models.weights import AdapterFolder

__all__ = ["AdapterTensor", "base_of", "check_linear", "factor_modules", "pattern_value", "scaling_of", "sort_tensors"]

_PREFIX = "base_model.model."
_FACTOR = re.compile(r"^(?P<module>.+)\.(?P<part>lora_A|lora_B|lora_embedding_A|lora_embedding_B)(?P<rest>\.weight|\.bias|)$")
_MERGE = "merge it into its base first (merge_and_unload of PEFT), and give the merged model as TUNED"
_REASONS = {
    "use_dora": "DoRA learns a magnitude that is renormalised, so a change of the scale is no interpolation",
    "use_qalora": "QALoRA pools its inputs for a quantised base",
    "use_bdlora": "block-diagonal LoRA was never tested here",
    "layer_replication": "its base repeats layers",
    "trainable_token_indices": "rows of its embedding were trained",
    "arrow_config": "Arrow routes between adapters",
    "kasa_config": "KaSA changes the base weights as it begins",
    "velora_config": "VeLoRA was never tested here",
    "monteclora_config": "MonteCLoRA draws its weights at random",
    "alora_invocation_tokens": "an activated LoRA begins at a token",
}
_LINEAR_STARTS = {"true", "false", "gaussian", "eva", "orthogonal"}
"""Ways to begin that leave the base weights as they are; others (PiSSA, OLoRA, CorDA, LoftQ) change them."""


class AdapterTensor(Value, frozen=True, kw_only=True):
    """One tensor of an adapter file."""

    name: str
    kind: Literal["factor", "whole"]
    """'factor': of a low-rank product; 'whole': takes the place of a tensor of the base (modules_to_save, biases, embeddings)."""
    module: str
    """The base's module (factor) or tensor (whole), without PEFT's prefixes."""
    part: str = ""
    """Of a factor: lora_A, lora_B, lora_embedding_A or lora_embedding_B."""
    spec: TensorSpec


def check_linear(adapter: AdapterFolder) -> None:
    """Raise ModelError, with the reason and what to do, for an adapter whose effect is not its scale times a product."""
    config = adapter.config
    kind = str(config.get("peft_type", "")).upper()
    if kind != "LORA":
        raise ModelError(f"{adapter.path} is an adapter of type {kind or 'unknown'}; only LoRA is linear in its scale: {_MERGE}")
    for key, reason in _REASONS.items():
        if config.get(key):
            raise ModelError(f"{adapter.path} cannot be scaled exactly: {reason}; {_MERGE}")
    begins = str(config.get("init_lora_weights", True)).lower()
    if begins not in _LINEAR_STARTS:
        raise ModelError(f"{adapter.path} began as {begins!r}, which changes the base weights too, so no scale fits it; {_MERGE}")


def sort_tensors(adapter: AdapterFolder, tensors: dict[str, TensorSpec]) -> list[AdapterTensor]:
    """Return what each tensor of an adapter file is; raises ModelError for a magnitude vector or anything else unknown."""
    sorted_out = []
    for name, spec in tensors.items():
        plain = name.removeprefix(_PREFIX)
        match = _FACTOR.match(plain)
        if match:
            sorted_out.append(AdapterTensor(name=name, kind="factor", module=match["module"], part=match["part"], spec=spec))
        elif "lora_" in plain or "token_adapter" in plain:
            raise ModelError(f"{adapter.path} holds {name}, which is no factor of a low-rank product; {_MERGE}")
        else:
            module = plain.replace(".base_layer.", ".").replace(".modules_to_save.", ".").replace(".original_module.", ".")
            sorted_out.append(AdapterTensor(name=name, kind="whole", module=module, spec=spec))
    return sorted_out


def base_of(adapter: AdapterFolder, tensor: AdapterTensor, base: Checkpoint) -> TensorSpec:
    """Return the base's tensor that a whole tensor of an adapter takes the place of; raises ModelError where there is none."""
    spec = base.tensors.get(tensor.module)
    if spec is None and base.tied and tensor.module.endswith("lm_head.weight"):
        spec = output_weights(base)
    if spec is None:
        raise ModelError(f"{adapter.path} holds {tensor.name}, which its base {base.folder} does not have; give the base it was trained on")
    if spec.shape != tensor.spec.shape:
        raise ModelError(
            f"{adapter.path} holds {tensor.name} as {list(tensor.spec.shape)} and the base as {list(spec.shape)}: the vocabulary was "
            "resized, and rows that only the adapter has cannot be mixed"
        )
    return spec


def factor_modules(tensors: Iterable[AdapterTensor]) -> list[str]:
    """Return the modules that have low-rank factors, sorted."""
    return sorted({tensor.module for tensor in tensors if tensor.kind == "factor"})


def pattern_value(patterns: dict[str, Any] | None, module: str, default: float) -> float:
    """Return what PEFT takes for a module: the value of the first pattern that matches the end of its name, else the default."""
    for pattern, value in (patterns or {}).items():
        if re.match(rf"(.*\.)?({pattern})$", module):
            return float(value)
    return default


def scaling_of(config: dict[str, Any], module: str) -> float:
    """Return the factor of a module's low-rank product: alpha / rank, or alpha / sqrt(rank) for rank-stabilised LoRA."""
    rank = pattern_value(config.get("rank_pattern"), module, float(config["r"]))
    alpha = pattern_value(config.get("alpha_pattern"), module, float(config["lora_alpha"]))
    return alpha / math.sqrt(rank) if config.get("use_rslora") else alpha / rank
