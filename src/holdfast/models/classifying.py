"""The engine behind `classifier:`: one forward pass per text, long texts in windows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError

from holdfast.core import Message, ModelError, Suite
from holdfast.models.batching import plan
from holdfast.models.fingerprint import file_tensors_digest, tokenizer_digest, weights_digest
from holdfast.models.loading import device_of, load_tokenizer, quiet
from holdfast.models.weights import ModelFolder
from holdfast.plugins import (
    Capabilities,
    Generation,
    GenerationRequest,
    ModelFingerprint,
    ModelOptions,
    Sampling,
    ScoreRequest,
    ScoreResult,
)

__all__ = ["ClassifierEngine"]

_WINDOW = 512
"""Tokens read at once where the tokenizer names no limit."""


class ClassifierEngine:
    """A text classifier. It implements the Engine protocol and writes nothing; `classify` is what it is for.

    A text longer than the model reads at once is cut into windows that do not overlap; each label gets its largest
    probability over them, so that a passage at the end of a long text counts. Weights are used in float32.
    """

    capabilities = Capabilities(generates=False, classifies=True)
    suites: tuple[str, ...] = ()

    def __init__(self, folder: ModelFolder, reference: str, options: ModelOptions) -> None:
        """Load the model; raises ModelError where it is no text classifier or lacks weights."""
        self.reference = reference
        self._options, self._name = options, reference
        self._tokenizer = load_tokenizer(Path(folder.path), options)
        if not self._tokenizer.is_fast:
            raise ModelError(f"{folder.path} has no tokenizer.json, without which long texts cannot be cut; save a fast tokenizer there")
        self._model: Any = _load(folder, options)
        config = self._model.config
        self.labels: tuple[str, ...] = tuple(str(config.id2label[index]) for index in range(config.num_labels))
        # With one output, or where its maker says so, labels do not exclude each other.
        self._apart = config.num_labels == 1 or config.problem_type == "multi_label_classification"
        self.fingerprint = ModelFingerprint(
            weights=weights_digest(file_tensors_digest(folder.files), config.to_diff_dict(), ()),
            tokenizer=tokenizer_digest(self._tokenizer),
            template="",
        )

    def classify(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        """Return one probability per label, 0 to 1, for each text, in order. An empty text is classified as such."""
        if self._model is None:
            raise ModelError(f"the model {self.reference!r} is closed; open it again")
        windows = [(place, window) for place, text in enumerate(texts) for window in self._windows(text)]
        found: list[tuple[float, ...]] = [(0.0,) * len(self.labels)] * len(texts)
        widths = [len(window) for _, window in windows]
        for batch in plan(widths, tokens=self._options.batch_tokens, rows=self._options.batch_rows):
            rows = self._probabilities([windows[index][1] for index in batch])
            for index, row in zip(batch, rows, strict=True):
                place = windows[index][0]
                found[place] = tuple(map(max, found[place], row))
        return found

    def rewards(self, conversations: Sequence[tuple[Message, ...]]) -> list[float]:
        """Return the one output of a reward model for each conversation, in order, as it is (no probability is made of it).

        The tokenizer's chat template is used where it has one; else the turns stand one after the other, two line breaks between them.
        A conversation longer than the model reads loses its beginning. Raises ModelError for a model with several outputs.
        """
        if self._model is None:
            raise ModelError(f"the model {self.reference!r} is closed; open it again")
        if len(self.labels) != 1:
            raise ModelError(
                f"{self.reference} has {len(self.labels)} outputs; a reward model has one. Give one, or --reference for a policy"
            )
        read = [self._conversation(one) for one in conversations]
        found = [0.0] * len(read)
        for batch in plan([len(one) for one in read], tokens=self._options.batch_tokens, rows=self._options.batch_rows):
            # One at a time where rows differ in length: decoders pick the last token by the padding id, which not every model names.
            for same in {len(read[index]) for index in batch}:
                rows = [index for index in batch if len(read[index]) == same]
                with torch.inference_mode():
                    logits = self._model(input_ids=torch.tensor([read[index] for index in rows], device=self._model.device)).logits
                for index, value in zip(rows, logits.double()[:, 0].tolist(), strict=True):
                    found[index] = value
        return found

    def _conversation(self, turns: tuple[Message, ...]) -> list[int]:
        chat = [{"role": turn.role, "content": turn.content} for turn in turns]
        if getattr(self._tokenizer, "chat_template", None):
            ids = self._tokenizer.apply_chat_template(chat, tokenize=True, return_dict=True)["input_ids"]
        else:
            ids = self._tokenizer("\n\n".join(turn.content for turn in turns), verbose=False)["input_ids"]
        room = min(self._tokenizer.model_max_length, getattr(self._model.config, "max_position_embeddings", None) or 10**9)
        return list(ids[-int(room) :])

    def close(self) -> None:
        """Let go of the weights. Closing twice is allowed."""
        self._model = None

    def plan(self, requests: Sequence[GenerationRequest], sampling: Sampling) -> list[list[int]]:
        """Raise ModelError: it writes nothing."""
        raise self._mute()

    def generate(self, batch: Sequence[GenerationRequest], sampling: Sampling) -> list[Generation]:
        """Raise ModelError: it writes nothing."""
        raise self._mute()

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreResult]:
        """Raise ModelError: it gives no probabilities of words."""
        raise self._mute()

    def prompt_digest(self, requests: Sequence[GenerationRequest]) -> str:
        """Raise ModelError: it reads no prompts."""
        raise self._mute()

    def adapter_effect(self, requests: Sequence[GenerationRequest]) -> float | None:
        """Return None: there is no adapter."""
        return None

    def recorded_suite(self) -> Suite | None:
        """Return None: it brings no prompts."""
        return None

    def _mute(self) -> ModelError:
        return ModelError(f"{self.reference!r} classifies texts and writes none; give a model that generates")

    def _windows(self, text: str) -> list[list[int]]:
        # RoBERTa counts positions from its padding index on, so two of its positions are no room.
        positions = getattr(self._model.config, "max_position_embeddings", _WINDOW) - 2
        room = min(_WINDOW, self._tokenizer.model_max_length, positions)
        cut = self._tokenizer(text, truncation=True, max_length=room, return_overflowing_tokens=True, verbose=False)
        windows: list[list[int]] = cut["input_ids"]
        return windows

    def _probabilities(self, windows: Sequence[Sequence[int]]) -> list[list[float]]:
        width, device = max(max(map(len, windows)), 1), self._model.device
        pad = self._tokenizer.pad_token_id or 0
        ids = torch.tensor([[*window, *[pad] * (width - len(window))] for window in windows], device=device)
        mask = torch.tensor([[1] * len(window) + [0] * (width - len(window)) for window in windows], device=device)
        with torch.inference_mode():
            logits = self._model(input_ids=ids, attention_mask=mask).logits.double()
        rows: list[list[float]] = (logits.sigmoid() if self._apart else logits.softmax(-1)).tolist()
        return rows


def _load(folder: ModelFolder, options: ModelOptions) -> Any:
    with quiet():
        try:
            model, info = transformers.AutoModelForSequenceClassification.from_pretrained(
                folder.path,
                dtype=torch.float32,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=options.trust_remote_code,
                output_loading_info=True,
            )
        except (ImportError, KeyError, OSError, RuntimeError, SafetensorError, TypeError, ValueError) as error:
            text = " ".join(str(error).split())[:200].rstrip(".")
            raise ModelError(f"{folder.path} cannot be loaded as a text classifier: {text}") from error
    lacking = sorted(map(str, info["missing_keys"]))
    if lacking:
        raise ModelError(
            f"{folder.path} lacks {len(lacking)} of the weights of a text classifier, first {lacking[0]}; give a model trained to classify"
        )
    return model.to(device_of(options)).eval()
