"""What a model folder and an adapter folder must hold before anything is loaded from them. No torch here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import ModelError, Value
from holdfast.models.tensorfile import read_header

__all__ = ["AdapterFolder", "ModelFolder", "has_tokenizer", "inspect_adapter", "inspect_model", "read_object", "read_suites"]

_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle")
_VOCABULARIES = ("tokenizer.json", "tokenizer.model", "tekken.json", "vocab.json", "vocab.txt", "spiece.model", "*.tiktoken")
_INDEX = "model.safetensors.index.json"
_CONVERT = "pickle files can run code when they are loaded: convert them with save_pretrained(..., safe_serialization=True)"


class ModelFolder(Value, frozen=True, kw_only=True):
    """A folder that holds a whole model."""

    path: str
    files: tuple[str, ...]
    """The safetensors files that transformers loads, sorted."""


class AdapterFolder(Value, frozen=True, kw_only=True):
    """A folder that holds a PEFT adapter."""

    path: str
    file: str
    config: dict[str, Any]

    @property
    def base(self) -> str:
        """The base model that the adapter says it was trained on, '' where it does not say."""
        return str(self.config.get("base_model_name_or_path") or "")


def inspect_model(folder: Path) -> ModelFolder:
    """Return what a model folder holds; raises ModelError where it cannot be loaded safely."""
    if not (folder / "config.json").is_file():
        if (folder / "adapter_config.json").is_file():
            base = inspect_adapter(folder).base or "BASE"
            raise ModelError(f"{folder} is an adapter, not a model; write BASE+ADAPTER, for example {base}+{folder}")
        raise ModelError(f"{folder} has no config.json, so it is not a transformers model folder; expected config.json and *.safetensors")
    files = _weight_names(folder)
    if not has_tokenizer(folder):
        raise ModelError(f"{folder} has no tokenizer (no tokenizer.json); save the tokenizer into the same folder")
    for name in files:
        read_header(folder / name)
    return ModelFolder(path=str(folder), files=tuple(str(folder / name) for name in files))


def inspect_adapter(folder: Path) -> AdapterFolder:
    """Return what an adapter folder holds; raises ModelError where it is no safetensors adapter."""
    config_file = folder / "adapter_config.json"
    if not config_file.is_file():
        raise ModelError(f"{folder} has no adapter_config.json, so it is not a PEFT adapter; the part after '+' must be an adapter folder")
    config = read_object(config_file)
    weights = folder / "adapter_model.safetensors"
    if not weights.is_file():
        raise ModelError(_no_weights(folder, "adapter_model.safetensors"))
    read_header(weights)
    return AdapterFolder(path=str(folder), file=str(weights), config=config)


def has_tokenizer(folder: Path) -> bool:
    """Return whether a folder holds a tokenizer's vocabulary."""
    return any(next(folder.glob(pattern), None) for pattern in _VOCABULARIES)


def read_suites(folder: Path) -> tuple[str, ...]:
    """Return the suites that a model folder names in its holdfast.json (`{"suites": [...]}`); () without one."""
    card = folder / "holdfast.json"
    if not card.is_file():
        return ()
    suites = read_object(card).get("suites", [])
    if not isinstance(suites, list) or not all(isinstance(name, str) for name in suites):
        raise ModelError(f"{card}: suites must be a list of suite names, got {suites!r}")
    return tuple(suites)


def _weight_names(folder: Path) -> list[str]:
    """Names of the weight files in the order in which transformers prefers them: one file, or an index of shards."""
    if (folder / "model.safetensors").is_file():
        return ["model.safetensors"]
    if not (folder / _INDEX).is_file():
        raise ModelError(_no_weights(folder, "model.safetensors"))
    weight_map = read_object(folder / _INDEX).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ModelError(f"{folder / _INDEX} has no weight_map; save the model again with save_pretrained")
    names = sorted(set(map(str, weight_map.values())))
    outside = [name for name in names if Path(name).name != name]
    if outside:
        raise ModelError(f"{folder / _INDEX} names {outside[0]!r}, which is not a file of its own folder")
    lacking = [name for name in names if not (folder / name).is_file()]
    if lacking:
        raise ModelError(f"{folder} lacks {len(lacking)} of {len(names)} weight files, first {lacking[0]}; copy or download it again")
    return names


def _no_weights(folder: Path, expected: str) -> str:
    pickles = sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern))
    if pickles:
        return f"{folder} holds pickle weights only ({pickles[0]}), expected {expected}; {_CONVERT}"
    return f"{folder} holds no weights, expected {expected}"


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object of a file; raises ModelError for a file that holds none."""
    try:
        value = msgspec.json.decode(path.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        raise ModelError(f"{path} is not readable JSON: {error}") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path} must hold a JSON object, got {json.dumps(value)[:40]}")
    return value
