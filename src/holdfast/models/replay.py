"""The model kind `replay`: answers recorded earlier, by anything, given back as if a model had just written them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from holdfast.core import FinishReason, ModelError, Suite, digest, digest_file
from holdfast.models.recording import Recording, read_recording
from holdfast.plugins import (
    Capabilities,
    Engine,
    Generation,
    GenerationRequest,
    ModelFingerprint,
    ModelOptions,
    Sampling,
    ScoreRequest,
    ScoreResult,
    place_exists,
)

__all__ = ["ReplayEngine", "ReplayKind", "open_recording"]

_BATCH = 256


class ReplayEngine:
    """Recorded answers behind the Engine protocol. Sampling settings have no effect: what was recorded is what comes."""

    capabilities = Capabilities(generates=True, scores=False, keyed_sampling=False)
    suites: tuple[str, ...] = ()

    def __init__(self, recording: Recording, *, reference: str, fingerprint: ModelFingerprint) -> None:
        """`fingerprint` stands for the file, since the model behind it is not known."""
        self.reference = reference
        self.fingerprint = fingerprint
        self._recording = recording

    def plan(self, requests: Sequence[GenerationRequest], sampling: Sampling) -> list[list[int]]:
        """Return batches of 256 in the order given."""
        return [list(range(start, min(start + _BATCH, len(requests)))) for start in range(0, len(requests), _BATCH)]

    def generate(self, batch: Sequence[GenerationRequest], sampling: Sampling) -> list[Generation]:
        """Look each answer up by its key; one that was not recorded has finish ERROR and is unscored."""
        return [self._recording.answers.get(request.key) or _missing(request) for request in batch]

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreResult]:
        """Raise ModelError: a recording has no probabilities."""
        raise ModelError(f"{self.reference} is a recording and gives no probabilities; use a model that runs here")

    def prompt_digest(self, requests: Sequence[GenerationRequest]) -> str:
        """Return 'recorded:' and the digest of the requests' messages: what the model was really shown is not known."""
        return "recorded:" + digest([(request.messages, request.prefill) for request in requests])

    def adapter_effect(self, requests: Sequence[GenerationRequest]) -> float | None:
        """Return None: a recording has no adapter to switch off."""
        return None

    def recorded_suite(self) -> Suite | None:
        """Return the recorded prompts, sorted by category and id, with the conditions they were asked under."""
        return self._recording.suite

    def close(self) -> None:
        """Do nothing: the file is not kept open."""


class ReplayKind:
    """Opens `replay:FILE.jsonl`. Implements the ModelKind protocol."""

    def resolve(self, reference: str) -> str:
        """Return the reference unchanged."""
        return reference

    def open(self, references: Sequence[str], options: ModelOptions) -> list[Engine]:
        """Read each file; raises ModelError where there is none, InputError where it cannot be read."""
        return [open_recording(reference, form="replay:FILE.jsonl", read=read_recording) for reference in references]


def open_recording(reference: str, *, form: str, read: Callable[[Path], Recording]) -> ReplayEngine:
    """Return the engine of `KIND:FILE`; `form` is how to write it. Raises ModelError where there is no such file."""
    name = reference.partition(":")[2]
    path = Path(os.path.expanduser(name))
    if not place_exists(name) or not path.is_file():
        raise ModelError(f"{reference!r}: there is no file {name!r}; expected recorded answers as {form}")
    fingerprint = ModelFingerprint(weights=digest_file(path), tokenizer="recorded", template="recorded")
    return ReplayEngine(read(path), reference=reference, fingerprint=fingerprint)


def _missing(request: GenerationRequest) -> Generation:
    error = "no answer to this prompt was recorded under this condition"
    return Generation(key=request.key, text="", finish=FinishReason.ERROR, error=error)
