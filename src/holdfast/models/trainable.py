"""A model as a trainer wants it: weights, tokenizer and template in memory, with the fingerprint of what they were before."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, NamedTuple

from holdfast.core import ModelError
from holdfast.models.adapters import attach
from holdfast.models.chat import Chat
from holdfast.models.fingerprint import adapter_digest, file_tensors_digest, template_digest, tokenizer_digest, weights_digest
from holdfast.models.loading import end_tokens, load_model, load_tokenizer
from holdfast.models.references import find_folder, split_reference
from holdfast.models.weights import inspect_adapter, inspect_model, read_suites
from holdfast.plugins import ModelFingerprint, ModelOptions

__all__ = ["Trainable", "open_trainable"]

_ADAPTER = "default"
"""The name under which PEFT saves an adapter into the folder itself."""


class Trainable(NamedTuple):
    """What is trained, and what it is."""

    model: Any
    tokenizer: Any
    template: str
    """The chat template to train with; one that prints the date has it fixed, so that the same rows give the same tokens tomorrow."""
    folder: Path
    """Of the base."""
    adapter: Path | None
    fingerprint: ModelFingerprint
    suites: tuple[str, ...]
    """Built-in suites that the model names as made for it."""


def open_trainable(reference: str, options: ModelOptions, *, merge: bool) -> Trainable:
    """Return a model to train: of BASE+ADAPTER the adapter itself, trainable, or with `merge` one model with the adapter in its weights.

    Raises ModelError for a folder that cannot be trained from, for a tokenizer without a chat template and for an adapter of another
    model.
    """
    base, on_top = split_reference(reference)
    folder = inspect_model(find_folder(base, trust_remote_code=options.trust_remote_code))
    adapter = inspect_adapter(find_folder(on_top)) if on_top else None
    tokenizer = load_tokenizer(Path(folder.path), options)
    chat = Chat(tokenizer, name=folder.path)
    model = load_model(folder, options)
    ends = end_tokens(model, tokenizer)
    fingerprint = ModelFingerprint(
        weights=weights_digest(file_tensors_digest(folder.files), model.config.to_diff_dict(), ends),
        adapter=adapter_digest(file_tensors_digest([adapter.file]), adapter.config) if adapter else None,
        tokenizer=tokenizer_digest(tokenizer),
        template=template_digest(chat.template),
    )
    if adapter is not None:
        model = attach(model, adapter, name=_ADAPTER, base=folder.path)
        model = _merged(model, reference) if merge else _in_training(model)
    folders = [Path(part.path) for part in (adapter, folder) if part]
    return Trainable(
        model=model,
        tokenizer=tokenizer,
        template=chat.pinned,
        folder=Path(folder.path),
        adapter=Path(adapter.path) if adapter else None,
        fingerprint=fingerprint,
        suites=next((suites for one in folders if (suites := read_suites(one))), ()),
    )


def _merged(model: Any, reference: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return model.merge_and_unload()
        except (AttributeError, NotImplementedError, ValueError) as error:
            raise ModelError(f"{reference}: this kind of adapter cannot be merged; train the adapter instead (method: lora)") from error


def _in_training(model: Any) -> Any:
    model.peft_config[_ADAPTER].inference_mode = False
    model.set_adapter(_ADAPTER)
    return model
