"""Two LoRA adapters side by side: ranks add up, and so do the updates, exactly.

With A = [A1; A2] and B = [s1 B1, gamma s2 B2], B A = s1 B1 A1 + gamma s2 B2 A2. Adding the factors instead (PEFT's "linear") gives
(B1 + B2)(A1 + A2), which has the cross terms B1 A2 and B2 A1 that nobody trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from holdfast.core import ModelError
from holdfast.mitigate.weights.adapter_scaling import check_same_base, trained_elsewhere
from holdfast.mitigate.weights.adapters import AdapterTensor, check_linear, scaling_of, sort_tensors
from holdfast.mitigate.weights.checkpoint import Located, open_checkpoint
from holdfast.mitigate.weights.provenance import Mitigation, describe, write_mitigation
from holdfast.mitigate.weights.repaired import Repaired
from holdfast.mitigate.weights.writing import check_out, copy_companions, whole_folder
from holdfast.models.tensorfile import read_header
from holdfast.models.weights import AdapterFolder

__all__ = ["concatenate"]

_FIRST = {"lora_A", "lora_embedding_A"}


def concatenate(base: Located, tuned: Located, safety: Located, gamma: float, out: Path, *, whole_digests: bool | None = None) -> Repaired:
    """Write the adapter of both updates, the second gamma times; raises ModelError for adapters that are not linear."""
    ours, theirs = tuned.adapter, safety.adapter
    if ours is None or theirs is None:
        raise ModelError("two adapters are needed to put them side by side")
    if ours.path == theirs.path:
        raise ModelError(f"{ours.path} is both the tuned model's adapter and the safety adapter; give two different ones")
    check_same_base(base, safety)
    check_out(out, base.folder, ours.path, theirs.path)
    parts = []
    for adapter, weight in ((ours, 1.0), (theirs, gamma)):
        check_linear(adapter)
        if adapter.config.get("lora_bias"):
            raise ModelError(f"{adapter.path} has biases in its low-rank products, which cannot be put side by side; merge it first")
        parts.append((adapter, weight, sort_tensors(adapter, read_header(Path(adapter.file)))))
    whole = [tensor.name for tensor in parts[1][2] if tensor.kind == "whole"]
    if whole:
        raise ModelError(f"the safety adapter {theirs.path} stores {whole[0]} whole, which would take the place of the tuned model's own")
    tensors, ranks = _side_by_side(parts)
    inputs = (
        describe("tuned", tuned.reference, (ours.file,), whole=whole_digests),
        describe("safety", safety.reference, (theirs.file,), whole=whole_digests),
    )
    checkpoint = open_checkpoint(base.folder)
    notes = tuple(note for adapter in (ours, theirs) for note in trained_elsewhere(adapter, checkpoint))
    mitigation = Mitigation(method="vector", parameters={"gamma": gamma}, inputs=inputs, notes=notes)
    with whole_folder(out, size=sum(tensor.nbytes for tensor in tensors.values())) as folder:
        save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
        copy_companions(Path(ours.path), folder)
        config = msgspec.json.encode(_config(ours.config, ranks))
        (folder / "adapter_config.json").write_bytes(msgspec.json.format(config, indent=2) + b"\n")
        write_mitigation(folder, mitigation)
    return Repaired(reference=f"{base.folder}+{out}", folder=str(out), mitigation=mitigation)


def _side_by_side(parts: Sequence[tuple[AdapterFolder, float, list[AdapterTensor]]]) -> tuple[dict[str, torch.Tensor], dict[str, int]]:
    """Return the tensors of the new adapter, and the rank of each module."""
    pieces: dict[str, list[torch.Tensor]] = {}
    kinds: dict[str, tuple[str, str]] = {}
    whole: dict[str, torch.Tensor] = {}
    for adapter, weight, tensors in parts:
        with safe_open(adapter.file, "pt") as file:
            for tensor in tensors:
                value = file.get_tensor(tensor.name)
                if tensor.kind == "whole":
                    whole[tensor.name] = value
                    continue
                value = value.float()
                if tensor.part not in _FIRST:
                    value = value * (weight * scaling_of(adapter.config, tensor.module))
                pieces.setdefault(tensor.name, []).append(value)
                kinds[tensor.name] = (tensor.module, tensor.part)
    joined, ranks = {}, {}
    for name, values in pieces.items():
        module, part = kinds[name]
        first = part in _FIRST
        if len({value.shape[1 if first else 0] for value in values}) > 1:
            raise ModelError(f"{name} has different sizes in the two adapters, so they were trained on different models")
        joined[name] = torch.cat(values, dim=0 if first else 1).contiguous()
        if not torch.isfinite(joined[name]).all():
            raise ModelError(f"{name} of one of the two adapters holds weights that are no numbers (NaN or infinite); train it again")
        ranks[module] = joined[name].shape[0 if first else 1]
    return {**whole, **joined}, ranks


def _config(config: dict[str, Any], ranks: dict[str, int]) -> dict[str, Any]:
    """Return a configuration whose scale is 1 for every module: alpha is the rank."""
    usual = max(set(ranks.values()), key=list(ranks.values()).count)
    odd = {f"^{module.replace('.', chr(92) + '.')}": rank for module, rank in sorted(ranks.items()) if rank != usual}
    return {
        **config,
        "r": usual,
        "lora_alpha": usual,
        "rank_pattern": odd,
        "alpha_pattern": odd,
        "use_rslora": False,
        "target_modules": sorted(ranks),
        "exclude_modules": None,
        "layers_to_transform": None,
        "layers_pattern": None,
        "init_lora_weights": True,
    }
