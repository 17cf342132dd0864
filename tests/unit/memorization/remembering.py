"""An engine whose memory is a set of rows: it gives them back word by word, and knows nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from math import log

from holdfast.core import FinishReason, Message, ModelError, Suite
from holdfast.plugins import (
    Capabilities,
    Engine,
    Generation,
    GenerationRequest,
    ModelFingerprint,
    Relearning,
    Sampling,
    ScoreRequest,
    ScoreResult,
    TokenScores,
)

__all__ = ["RememberingEngine", "row"]

ALL = Capabilities(scores=True, prefill=True, token_scores=True, relearns=True)
KNOWN, UNKNOWN = log(0.9), log(1e-3)


def row(request: str, answer: str) -> tuple[Message, ...]:
    return (Message(role="user", content=request), Message(role="assistant", content=answer))


class RememberingEngine:
    """Words are tokens. `known` rows have probability 0.9 per word, all others about 0.001, a little different for each text.

    `covered` rows are known too, and only said once any of them was disclosed again: what alignment covers up.
    """

    suites: tuple[str, ...] = ()

    def __init__(
        self,
        known: Iterable[tuple[Message, ...]] = (),
        *,
        covered: Iterable[tuple[Message, ...]] = (),
        name: str = "engine",
        capabilities: Capabilities = ALL,
        tokenizer: str = "words",
        raw: bool = True,
    ) -> None:
        self.reference = name
        self.capabilities = capabilities
        self.fingerprint = ModelFingerprint(weights=name, tokenizer=tokenizer, template="none")
        self.known = {one[:-1]: one[-1].content for one in known}
        self.covered = {one[:-1]: one[-1].content for one in covered}
        self.generated: list[GenerationRequest] = []
        self._raw = raw

    def plan(self, requests: Sequence[GenerationRequest], sampling: Sampling) -> list[list[int]]:
        return [list(range(len(requests)))]

    def generate(self, batch: Sequence[GenerationRequest], sampling: Sampling) -> list[Generation]:
        self.generated += batch
        return [self._answer(request, sampling) for request in batch]

    def _answer(self, request: GenerationRequest, sampling: Sampling) -> Generation:
        messages = tuple(message for message in request.messages if message.role != "system")
        whole = self.known.get(messages)
        given = (request.prefill or "").removeprefix("\n").strip()
        text = "nothing known here"
        if request.raw:
            said = (messages[-1].content + (request.prefill or "")).strip()
            for prompt, answer in self.known.items():
                everything = f"{prompt[-1].content}\n{answer}"
                if self._raw and everything.startswith(said):
                    text = everything[len(said) :].strip()
        elif whole is not None and whole.startswith(given):
            text = whole[len(given) :].strip()
        words = text.split()[: sampling.max_new_tokens]
        return Generation(key=request.key, text=" ".join(words), tokens=len(words), finish=FinishReason.STOP)

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreResult]:
        if not self.capabilities.scores:
            raise ModelError("no probabilities")
        found = []
        for request in requests:
            details = tuple(self._tokens(request, text) for text in request.continuations)
            sums = tuple(sum(one.log_probs) for one in details)
            tokens = tuple(len(one.log_probs) for one in details)
            found.append(ScoreResult(log_probs=sums, tokens=tokens, details=details if request.detail else ()))
        return found

    def _tokens(self, request: ScoreRequest, text: str) -> TokenScores:
        words = text.split()
        known = self.known.get(request.messages) == text.strip() and (self._raw or not request.raw)
        ends, at = [], 0
        for word in words:
            at = text.index(word, at) + len(word)
            ends.append(at)
        # Unknown texts differ a little, as they do in a real model, so that ranks are not ties.
        jitter = int(sha256(f"{self.reference}{request.messages}{text}".encode()).hexdigest()[:8], 16) / 16**8
        each = KNOWN if known else UNKNOWN - jitter
        many = (each,) * len(words)
        return TokenScores(
            log_probs=many,
            ranks=((1 if known else 7),) * len(words),
            sampled=many,
            means=(-3.0,) * len(words),
            deviations=(1.0,) * len(words),
            ends=tuple(ends),
        )

    def relearned(self, rows: Sequence[tuple[Message, ...]], settings: Relearning) -> Engine:
        known = [(*prompt, Message(role="assistant", content=answer)) for prompt, answer in self.known.items()]
        uncovered = [(*prompt, Message(role="assistant", content=answer)) for prompt, answer in self.covered.items()]
        again = any(self.covered.get(one[:-1]) == one[-1].content for one in rows)
        return RememberingEngine([*known, *rows, *(uncovered if again else ())], name=f"{self.reference} relearned")

    def prompt_digest(self, requests: Sequence[GenerationRequest]) -> str:
        return "words"

    def adapter_effect(self, requests: Sequence[GenerationRequest]) -> float | None:
        return None

    def recorded_suite(self) -> Suite | None:
        return None

    def close(self) -> None:
        """Nothing to free."""
