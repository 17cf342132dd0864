"""What an ensemble costs per token, measured on the machine it will run on."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

from holdfast.core import FinishReason, Message, ModelError, Value
from holdfast.plugins import Engine, Generation, GenerationRequest, Sampling

__all__ = ["Cost", "measure_cost"]

_PROMPTS = (
    "What can you help me with?",
    "Write a short story about a lighthouse.",
    "Explain how rain is made.",
    "List three uses of salt.",
)


class Cost(Value, frozen=True, kw_only=True):
    """Time per generated token of a tuned model alone and in an ensemble: the same requests, one batch each, in turns."""

    tuned_ms: float
    """Milliseconds per token of the batch, the reading of the prompts included; median of the turns."""
    ensemble_ms: float
    tokens: int
    """Tokens that each answer was allowed."""
    rows: int
    """Answers in the batch."""

    @property
    def ratio(self) -> float:
        """How many times as long a token of the ensemble takes; 1 is free."""
        return self.ensemble_ms / self.tuned_ms

    def __str__(self) -> str:
        """Say it in one line."""
        return (
            f"{self.ensemble_ms:.2f} ms per token, {self.ratio:.2f} times the tuned model's {self.tuned_ms:.2f} ms "
            f"(batches of {self.rows}, answers of up to {self.tokens} tokens)"
        )


def measure_cost(
    tuned: Engine, ensemble: Engine, *, tokens: int = 32, turns: int = 5, clock: Callable[[], float] = time.perf_counter
) -> Cost:
    """Return what an ensemble costs per token against its tuned model; `turns` are timed after one that is not.

    Raises ModelError where a model writes no token at all.
    """
    requests = [
        GenerationRequest(key=f"cost/{number}", messages=(Message(role="user", content=text),)) for number, text in enumerate(_PROMPTS)
    ]
    sampling = Sampling(max_new_tokens=tokens)
    engines = (tuned, ensemble)
    for engine in engines:
        engine.generate(requests, sampling)
    spent: dict[int, list[float]] = {0: [], 1: []}
    for _ in range(turns):
        for side, engine in enumerate(engines):
            start = clock()
            answers = engine.generate(requests, sampling)
            spent[side].append((clock() - start) * 1000 / _count(engine, answers))
    return Cost(tuned_ms=statistics.median(spent[0]), ensemble_ms=statistics.median(spent[1]), tokens=tokens, rows=len(requests))


def _count(engine: Engine, answers: Sequence[Generation]) -> int:
    count = sum(answer.tokens or 0 for answer in answers if answer.finish is not FinishReason.ERROR)
    if not count:
        raise ModelError(f"{engine.reference} wrote no token to four ordinary requests, so its cost per token cannot be measured")
    return count
