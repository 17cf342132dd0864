"""Whole models on disk: reading them back, comparing them bit by bit, and saving them in another form."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

__all__ = ["resave", "same_bits", "weights"]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return {name: tensor for file in sorted(folder.glob("*.safetensors")) for name, tensor in load_file(file).items()}


def same_bits(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    as_bytes = [{name: tensor.contiguous().reshape(-1).view(torch.uint8) for name, tensor in side.items()} for side in (one, other)]
    return one.keys() == other.keys() and all(torch.equal(as_bytes[0][name], as_bytes[1][name]) for name in one)


def resave(source: Path, folder: Path, *, dtype: torch.dtype = torch.float32, shards: int = 1, **changed: object) -> Path:
    """A copy of a model in another type, cut into shards, with changed settings."""
    shutil.copytree(source, folder)
    tensors = {name: tensor.to(dtype) for name, tensor in weights(source).items()}
    (folder / "model.safetensors").unlink()
    parts = [dict(list(tensors.items())[start::shards]) for start in range(shards)]
    names = ["model.safetensors"] if shards == 1 else [f"model-{part + 1:05}-of-{shards:05}.safetensors" for part in range(shards)]
    for name, part in zip(names, parts, strict=True):
        save_file(part, folder / name, metadata={"format": "pt"})
    if shards > 1:
        placed = {tensor: name for name, part in zip(names, parts, strict=True) for tensor in part}
        (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": placed}), encoding="utf-8")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kind = str(dtype).removeprefix("torch.")
    (folder / "config.json").write_text(json.dumps({**config, "dtype": kind, **changed}), encoding="utf-8")
    return folder
