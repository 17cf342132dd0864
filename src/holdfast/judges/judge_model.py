"""The model behind a judge: opened by reference, asked in batches, greedy, and closed at the end."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from holdfast.core import FinishReason, JudgeError, Message, digest
from holdfast.plugins import Engine, Generation, GenerationRequest, ModelOptions, Sampling, ScoreRequest, open_models

__all__ = ["JudgeModel", "needed_model", "words_of"]

Prompt = tuple[Message, ...]
_AGAIN = "What was graded is kept; the same command goes on from there."


def needed_model(model: str | None, name: str) -> str:
    """Return the model reference that a judge was given; raises JudgeError where there is none."""
    if model is None:
        raise JudgeError(f"judge {name!r} needs a model. Write {name}=MODEL, for example {name}=./folder or {name}=openai:NAME@URL.")
    return model


class JudgeModel:
    """An open model that reads prompts and answers greedily, so that the same prompts always get the same answers.

    `raw` puts prompts to it word for word, without its chat template. Raises ModelError where it cannot be opened.
    """

    def __init__(self, reference: str, *, raw: bool = False, most_tokens: int) -> None:
        engines = open_models([reference], ModelOptions(raw=raw))
        self._engine: Engine = engines[0]
        self._sampling = Sampling(temperature=0.0, max_new_tokens=most_tokens)
        if self._engine.recorded_suite() is not None:
            self._engine.close()
            raise JudgeError(
                f"{reference!r} is a recording: it answers what it was asked then and nothing new, so it cannot be a judge. "
                "Give a model that runs, for example ./folder or openai:NAME@URL."
            )
        if not self._engine.capabilities.generates:
            self._engine.close()
            raise JudgeError(f"{reference!r} writes no text, so it cannot be a judge of this kind. Give a model that generates.")

    @property
    def identity(self) -> str:
        """Digest of the weights, tokenizer and template, or of what a server says it is."""
        return self._engine.fingerprint.digest

    @property
    def scores(self) -> bool:
        """Whether it gives log probabilities of continuations."""
        return self._engine.capabilities.scores

    def answers(self, prompts: Sequence[Prompt]) -> list[Generation]:
        """Return one answer per prompt, in order; equal prompts are asked once. `error` is set where none came.

        Raises JudgeError where asking again may bring what is missing (a server that died): a grade would be kept, and no
        grade can then be taken back.
        """
        distinct = list(dict.fromkeys(prompts))
        # A key of the prompt's own, so that no answer depends on what it is asked together with.
        requests = [GenerationRequest(key=f"judge/{digest(prompt)}/0", messages=prompt) for prompt in distinct]
        found: dict[Prompt, Generation] = {}
        for batch in self._engine.plan(requests, self._sampling):
            for index, answer in zip(batch, self._engine.generate([requests[one] for one in batch], self._sampling), strict=True):
                if answer.finish is FinishReason.UNANSWERED:
                    raise JudgeError(f"the judge's model {self._engine.reference!r} does not answer any more: {answer.error}. {_AGAIN}")
                found[distinct[index]] = answer
        return [found[prompt] for prompt in prompts]

    def shares(self, prompts: Sequence[Prompt], yes: str, no: str) -> list[float]:
        """Return the probability of `yes` against `no` as the next words, 0 to 1, per prompt. Needs `scores`."""
        results = self._engine.score([ScoreRequest(messages=prompt, continuations=(yes, no)) for prompt in prompts])
        return [1.0 / (1.0 + exp(min(result.log_probs[1] - result.log_probs[0], 700.0))) for result in results]

    def close(self) -> None:
        """Free the model. Closing twice is allowed."""
        self._engine.close()


def words_of(answer: Generation) -> tuple[str, str]:
    """Return (text, why there is none) of an answer: one of the two is empty."""
    if answer.error is not None or answer.finish is FinishReason.ERROR:
        return "", "the judge's model gave no answer"
    if not answer.text.strip():
        return "", "the judge's model wrote nothing" if not answer.thinking else "the judge's model only thought and gave no grade"
    return answer.text, ""
