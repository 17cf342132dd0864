"""A model that is asked the same again and again: opened when something is new, its answers kept, its memory given back between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from holdfast.core import Suite, digest
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
    open_models,
)

__all__ = ["Remembered"]

Answer = TypeVar("Answer")


class Remembered:
    """An engine whose answers are kept in memory. Every repair is compared with the same base, which then answers once.

    Args:
        reference: the model; it is opened now, for its fingerprint, and again after `release` when something new is asked.
    """

    def __init__(self, reference: str, options: ModelOptions) -> None:
        self.reference = reference
        self._options = options
        self._kept: dict[str, Any] = {}
        self._engine: Engine | None = None
        engine = self._opened()
        self.fingerprint: ModelFingerprint = engine.fingerprint
        self.capabilities: Capabilities = engine.capabilities
        self.suites: tuple[str, ...] = engine.suites

    def plan(self, requests: Sequence[GenerationRequest], sampling: Sampling) -> list[list[int]]:
        """Return the engine's batches."""
        found: list[list[int]] = self._remember("plan", [requests, sampling], lambda engine: engine.plan(requests, sampling))
        return found

    def generate(self, batch: Sequence[GenerationRequest], sampling: Sampling) -> list[Generation]:
        """Answer one batch."""
        found: list[Generation] = self._remember("generate", [batch, sampling], lambda engine: engine.generate(batch, sampling))
        return found

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreResult]:
        """Score continuations."""
        found: list[ScoreResult] = self._remember("score", [requests], lambda engine: engine.score(requests))
        return found

    def prompt_digest(self, requests: Sequence[GenerationRequest]) -> str:
        """Return the engine's digest of what it reads."""
        found: str = self._remember("prompts", [requests], lambda engine: engine.prompt_digest(requests))
        return found

    def adapter_effect(self, requests: Sequence[GenerationRequest]) -> float | None:
        """Return the engine's measure of its adapter."""
        found: float | None = self._remember("adapter", [requests], lambda engine: engine.adapter_effect(requests))
        return found

    def recorded_suite(self) -> Suite | None:
        """Return the prompts of a recording."""
        found: Suite | None = self._remember("recorded", [], lambda engine: engine.recorded_suite())
        return found

    def release(self) -> None:
        """Give the model's memory back; the answers stay."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def close(self) -> None:
        """Give everything back."""
        self.release()
        self._kept.clear()

    def _remember(self, what: str, asked: list[Any], answer: Callable[[Engine], Answer]) -> Any:
        key = digest([what, asked])
        if key not in self._kept:
            self._kept[key] = answer(self._opened())
        return self._kept[key]

    def _opened(self) -> Engine:
        if self._engine is None:
            (self._engine,) = open_models([self.reference], self._options)
        return self._engine
