"""A model behind a judge that answers from a function, opened as `fake:NAME` like any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from holdfast.core import FinishReason, Message, Suite
from holdfast.plugins import (
    Capabilities,
    Generation,
    GenerationRequest,
    ModelFingerprint,
    ModelOptions,
    Sampling,
    ScoreRequest,
    ScoreResult,
    register,
)

Answer = Callable[[tuple[Message, ...]], str]
CUT = "\x00cut"
"""At the end of an answer: its token budget ran out there."""


class FakeModel:
    """Answers with `answer(messages)`, three prompts at a time; 'ERROR' is no answer."""

    suites: tuple[str, ...] = ()

    def __init__(self, answer: Answer, *, shares: Callable[[str], float] | None = None, weights: str = "w", generates: bool = True) -> None:
        self.reference = ""
        self.fingerprint = ModelFingerprint(weights=weights, tokenizer="t", template="t")
        self.capabilities = Capabilities(generates=generates, scores=shares is not None)
        self.asked: list[tuple[Message, ...]] = []
        self.batches: list[int] = []
        self.closed = 0
        self.options = ModelOptions()
        self._answer, self._shares = answer, shares

    def plan(self, requests: Sequence[GenerationRequest], sampling: Sampling) -> list[list[int]]:
        order = list(range(len(requests)))[::-1]  # another order than asked, which must not matter
        return [order[start : start + 3] for start in range(0, len(order), 3)]

    def generate(self, batch: Sequence[GenerationRequest], sampling: Sampling) -> list[Generation]:
        assert sampling.temperature == 0.0
        self.batches.append(len(batch))
        return [self._one(request) for request in batch]

    def _one(self, request: GenerationRequest) -> Generation:
        self.asked.append(request.messages)
        text = self._answer(request.messages)
        if text == "ERROR":
            return Generation(key=request.key, text="", finish=FinishReason.ERROR, error="the server said nothing")
        finish = FinishReason.LENGTH if text.endswith(CUT) else FinishReason.STOP
        return Generation(key=request.key, text=text.removesuffix(CUT), finish=finish)

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreResult]:
        from math import log

        assert self._shares is not None
        results = []
        for request in requests:
            self.asked.append(request.messages)
            share = self._shares(request.messages[-1].content)
            assert request.continuations == ("Yes", "No")
            results.append(ScoreResult(log_probs=(log(share), log(1 - share)), tokens=(1, 1)))
        return results

    def prompt_digest(self, requests: Sequence[GenerationRequest]) -> str:
        return "d"

    def adapter_effect(self, requests: Sequence[GenerationRequest]) -> float | None:
        return None

    def recorded_suite(self) -> Suite | None:
        return None

    def close(self) -> None:
        self.closed += 1


class _FakeKind:
    def __init__(self, models: dict[str, FakeModel]) -> None:
        self._models = models

    def resolve(self, reference: str) -> str:
        return reference

    def open(self, references: Sequence[str], options: ModelOptions) -> list[FakeModel]:
        opened = [self._models[reference.partition(":")[2]] for reference in references]
        for model in opened:
            model.options = options
        return opened


@contextmanager
def fake_models(**models: FakeModel) -> Iterator[None]:
    """Make models known as `fake:NAME`."""
    with register("model", "fake", lambda: _FakeKind(models)):
        yield
