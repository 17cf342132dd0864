"""A model folder as a table of tensors on disk: nothing is loaded, and torch is not needed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from holdfast.core import ModelError, Value
from holdfast.models.references import find_folder, split_reference
from holdfast.models.tensorfile import TensorSpec, read_header
from holdfast.models.weights import AdapterFolder, inspect_adapter, inspect_model, read_object
from holdfast.plugins import model_kind, resolve_reference

__all__ = ["Checkpoint", "Located", "layer_of", "locate", "open_checkpoint"]

_INDEX = "model.safetensors.index.json"
_LAYER = re.compile(r"(?:^|\.)(?:layers|h|blocks|block|layer)\.(\d+)\.")


class Located(Value, frozen=True, kw_only=True):
    """Where the weights of a model reference lie."""

    reference: str
    """As it was given."""
    folder: str
    """The folder of the whole model: of the base, where there is an adapter."""
    adapter: AdapterFolder | None = None


class Checkpoint(Value, frozen=True, kw_only=True):
    """The tensors of a model folder and where their bytes lie."""

    folder: str
    config: dict[str, Any]
    tensors: dict[str, TensorSpec]
    """By name, in the order of the files and of the bytes within each file."""

    @property
    def files(self) -> tuple[str, ...]:
        """The weight files, each once, in order."""
        return tuple(dict.fromkeys(spec.file for spec in self.tensors.values()))

    @property
    def tied(self) -> bool:
        """Whether the output head shares the weights of the input embedding, as the configuration says."""
        own = self.config.get("tie_word_embeddings")
        text = self.config.get("text_config")
        inner = text.get("tie_word_embeddings") if isinstance(text, dict) else None
        return bool(own if own is not None else inner)


def locate(reference: str, *, base: str | None = None) -> Located:
    """Return where a model's weights lie; `lab:` names and hub ids become folders. Raises ModelError for anything without weights.

    A bare adapter folder is taken as an adapter on `base`, where one is given.
    """
    resolved = resolve_reference(reference)
    if model_kind(resolved) != "transformers":
        raise ModelError(f"{reference!r} has no weights that can be read here; a repair of weights needs a model folder or BASE+ADAPTER")
    model, adapter = split_reference(resolved)
    folder = find_folder(model)
    bare = adapter is None and base is not None and (folder / "adapter_config.json").is_file() and not (folder / "config.json").is_file()
    if bare and base is not None:
        below = locate(base)
        return Located(reference=f"{base}+{reference}", folder=below.folder, adapter=inspect_adapter(folder))
    inspect_model(folder)
    on_top = inspect_adapter(find_folder(adapter)) if adapter else None
    return Located(reference=reference, folder=str(folder), adapter=on_top)


def open_checkpoint(folder: str) -> Checkpoint:
    """Return the tensors of a model folder; raises ModelError for a missing shard or tensor, and for quantised weights."""
    files = inspect_model(Path(folder)).files
    tensors: dict[str, TensorSpec] = {}
    for file in files:
        specs = read_header(Path(file))
        twice = sorted(tensors.keys() & specs.keys())
        if twice:
            raise ModelError(f"{folder} holds the tensor {twice[0]} in two files; save the model again with save_pretrained")
        tensors |= dict(sorted(specs.items(), key=lambda item: item[1].start))
    _check_index(Path(folder), tensors, files)
    config = read_object(Path(folder) / "config.json")
    quantised = config.get("quantization_config")
    if quantised:
        method = quantised.get("quant_method", "an unnamed method") if isinstance(quantised, dict) else quantised
        raise ModelError(f"{folder} holds quantised weights ({method}), which cannot be mixed; give the model before it was quantised")
    return Checkpoint(folder=folder, config=config, tensors=tensors)


def layer_of(name: str) -> int | None:
    """Return the number of the layer that a tensor belongs to; None for embeddings, head and last norm.

    >>> layer_of("model.layers.12.self_attn.q_proj.weight"), layer_of("transformer.h.3.ln_1.bias"), layer_of("lm_head.weight")
    (12, 3, None)
    """
    match = _LAYER.search(name)
    return int(match[1]) if match else None


def _check_index(folder: Path, tensors: dict[str, TensorSpec], files: tuple[str, ...]) -> None:
    if len(files) == 1 and Path(files[0]).name == "model.safetensors":
        return
    index = read_object(folder / _INDEX)
    lacking = sorted(set(index["weight_map"]) - tensors.keys())
    if lacking:
        raise ModelError(f"{folder} lacks {len(lacking)} tensors that its index names, first {lacking[0]}; copy or download it again")
