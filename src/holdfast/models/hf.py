"""The model kind `transformers`: folders, hub ids and BASE+ADAPTER, with one load per base.

Nothing heavy is imported before every folder named has been found to hold what it must.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.core import MissingExtraError, Value
from holdfast.models.references import find_folder, split_reference
from holdfast.models.weights import AdapterFolder, ModelFolder, has_tokenizer, inspect_adapter, inspect_model, read_suites
from holdfast.plugins import Engine, ModelFingerprint, ModelOptions

if TYPE_CHECKING:
    from holdfast.models.engine import TransformersEngine
    from holdfast.models.trainable import Trainable

__all__ = ["TransformersKind", "wrap"]

for _package in ("torch", "transformers", "safetensors"):
    if find_spec(_package) is None:  # the registry turns this into the name of the extra, without importing torch to learn it
        raise ModuleNotFoundError(f"No module named {_package!r}", name=_package)


class _Request(Value, frozen=True, kw_only=True):
    reference: str
    base: ModelFolder
    adapter: AdapterFolder | None


class _Base:
    """One loaded base with its tokenizer, and the adapters attached to it so far."""

    def __init__(self, folder: ModelFolder, options: ModelOptions) -> None:
        from holdfast.models.chat import Chat
        from holdfast.models.engine import Loaded
        from holdfast.models.fingerprint import file_tensors_digest, weights_digest
        from holdfast.models.loading import end_tokens, load_model, load_tokenizer

        self.folder, self.options = folder, options
        tokenizer = load_tokenizer(Path(folder.path), options)
        self.chat = Chat(tokenizer, name=folder.path, raw=options.raw)
        model = load_model(folder, options)
        self.loaded = Loaded(model)
        self.end_tokens = end_tokens(model, tokenizer)
        self.weights = weights_digest(file_tensors_digest(folder.files), model.config.to_diff_dict(), self.end_tokens)
        self.names: dict[str, str] = {}

    def engine(self, request: _Request) -> TransformersEngine:
        from holdfast.models.engine import TransformersEngine

        adapter = request.adapter
        name = self._attach(adapter) if adapter else None
        chat = self._chat_of(adapter)
        folders = [Path(part.path) for part in (adapter, self.folder) if part]
        return TransformersEngine(
            self.loaded,
            chat,
            reference=request.reference,
            fingerprint=self._fingerprint(chat, adapter),
            end_tokens=self.end_tokens,
            adapter=name,
            suites=next((suites for folder in folders if (suites := read_suites(folder))), ()),
            options=self.options,
        )

    def _attach(self, adapter: AdapterFolder) -> str:
        if adapter.path not in self.names:
            from holdfast.models.adapters import attach

            # No name that PEFT's own parameter prefixes ("lora_") contain or are contained in.
            name = f"side{len(self.names)}"
            self.loaded.model = attach(self.loaded.model, adapter, name=name, base=self.folder.path)
            self.names[adapter.path] = name
        return self.names[adapter.path]

    def _chat_of(self, adapter: AdapterFolder | None) -> Any:
        """Return the adapter's own tokenizer and template where it brings them, as training with TRL saves them."""
        if adapter is None or not has_tokenizer(Path(adapter.path)):
            return self.chat
        from holdfast.models.chat import Chat
        from holdfast.models.loading import load_tokenizer

        tokenizer = load_tokenizer(Path(adapter.path), self.options)
        tokenizer.chat_template = tokenizer.chat_template or self.chat.template
        return Chat(tokenizer, name=adapter.path, raw=self.options.raw)

    def _fingerprint(self, chat: Any, adapter: AdapterFolder | None) -> ModelFingerprint:
        from holdfast.models.fingerprint import adapter_digest, file_tensors_digest, template_digest, tokenizer_digest

        return ModelFingerprint(
            weights=self.weights,
            adapter=adapter_digest(file_tensors_digest([adapter.file]), adapter.config) if adapter else None,
            tokenizer=tokenizer_digest(chat.tokenizer),
            template=template_digest(chat.template),
        )


class TransformersKind:
    """Opens model folders, hub ids and BASE+ADAPTER in this process. Implements the ModelKind protocol."""

    def resolve(self, reference: str) -> str:
        """Return the reference unchanged: this is the most basic kind."""
        return reference

    def open(self, references: Sequence[str], options: ModelOptions) -> list[Engine]:
        """Open models, in order; each base is loaded once, and its adapters are switched on and off. Raises ModelError."""
        requests = [_locate(reference, options) for reference in references]
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        bases: dict[str, _Base] = {}
        for request in requests:
            if request.base.path not in bases:
                bases[request.base.path] = _Base(request.base, options)
        return [bases[request.base.path].engine(request) for request in requests]

    def trainable(self, reference: str, options: ModelOptions, *, merge: bool) -> Trainable:
        """Return a model in memory to train; see `holdfast.models.trainable.open_trainable`."""
        from holdfast.models.trainable import open_trainable

        return open_trainable(reference, options, merge=merge)

    def wrap(
        self,
        model: Any,
        tokenizer: Any,
        *,
        name: str,
        adapter: bool = True,
        options: ModelOptions | None = None,
        fingerprint: ModelFingerprint | None = None,
    ) -> Engine:
        """Return an engine around a model in memory; see the function `wrap`."""
        return wrap(model, tokenizer, name=name, adapter=adapter, options=options, fingerprint=fingerprint)


def wrap(
    model: Any,
    tokenizer: Any,
    *,
    name: str = "live model",
    adapter: bool = True,
    options: ModelOptions | None = None,
    fingerprint: ModelFingerprint | None = None,
) -> Engine:
    """Return an engine around a model that is already in memory, for example inside a training callback.

    Of a PEFT model, `adapter` chooses the side: True is its active adapter, False the bare base. The model's mode,
    its trainable parameters and every random number generator are left as they were. The fingerprint is taken from
    the weights as they are now: wrap again after a training step, or give a `fingerprint` where the answers need none
    (reading every weight takes seconds on a large model). Raises ModelError without a chat template.
    """
    from holdfast.models.chat import Chat
    from holdfast.models.engine import Loaded, TransformersEngine
    from holdfast.models.fingerprint import template_digest, tokenizer_digest
    from holdfast.models.live import live_adapter, live_digests
    from holdfast.models.loading import end_tokens

    chat = Chat(tokenizer, name=name)
    ends = end_tokens(model, tokenizer)
    active = live_adapter(model) if adapter else None
    if fingerprint is None:
        weights, adapter_part = live_digests(model, active, ends)
        fingerprint = ModelFingerprint(
            weights=weights, adapter=adapter_part, tokenizer=tokenizer_digest(tokenizer), template=template_digest(chat.template)
        )
    return TransformersEngine(
        Loaded(model), chat, reference=name, fingerprint=fingerprint, end_tokens=ends, adapter=active, options=options
    )


def _locate(reference: str, options: ModelOptions) -> _Request:
    base, adapter = split_reference(reference)
    folder = inspect_model(find_folder(base, trust_remote_code=options.trust_remote_code))
    on_top = inspect_adapter(find_folder(adapter)) if adapter else None
    if on_top and find_spec("peft") is None:
        raise MissingExtraError(
            f"the adapter {adapter!r} needs the package 'peft', which is not installed. Run: pip install 'holdfast[hf]'"
        )
    return _Request(reference=reference, base=folder, adapter=on_top)
