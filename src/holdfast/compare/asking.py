"""Asking both sides the same prompts, batch by batch, into evidence that survives a kill."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from holdfast.core import Condition, FinishReason, Message, Prompt, Response, Suite, SuiteError, digest
from holdfast.plugins import Engine, Generation, GenerationRequest, Sampling
from holdfast.runs import EvidenceLog

__all__ = ["Question", "Side", "answer_all", "limited", "questions", "requests_of"]

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, done so far, total)."""


class Question(NamedTuple):
    """One prompt under one condition, one sample."""

    prompt: Prompt
    condition: Condition
    sample: int

    @property
    def key(self) -> str:
        """Names the question on both sides alike, so that both share their sampling noise."""
        return f"{self.condition.name}/{self.prompt.id}/{self.sample}"


class Side(NamedTuple):
    """One of the models under comparison."""

    name: str
    """'base' or 'tuned'."""
    engine: Engine


def limited(suite: Suite, limit: int | None, seed: int) -> tuple[Prompt, ...]:
    """Return the suite's prompts, at most `limit` per category and expectation, chosen by a digest of seed and id."""
    if limit is None:
        return suite.prompts
    chosen: set[str] = set()
    for group in {(prompt.category, prompt.expected) for prompt in suite.prompts}:
        members = [prompt for prompt in suite.prompts if (prompt.category, prompt.expected) == group]
        chosen |= {prompt.id for prompt in sorted(members, key=lambda prompt: digest([seed, prompt.id]))[:limit]}
    return tuple(prompt for prompt in suite.prompts if prompt.id in chosen)


def questions(asked: Sequence[tuple[Sequence[Prompt], Sequence[Condition]]], samples: int) -> list[Question]:
    """Return every question of a comparison in a fixed order; raises SuiteError where two prompts share an id."""
    seen: set[str] = set()
    for prompts, _ in asked:
        for prompt in prompts:
            if prompt.id in seen:
                raise SuiteError(f"suite {prompt.suite!r}: prompt id {prompt.id!r} occurs twice. Ask each suite once, or rename the id.")
            seen.add(prompt.id)
    return [
        Question(prompt, condition, sample)
        for prompts, conditions in asked
        for condition in conditions
        for prompt in prompts
        for sample in range(samples)
    ]


def requests_of(asked: Sequence[Question]) -> list[GenerationRequest]:
    """Return what a model reads for some questions: the condition's system prompt, the prompt's own turns, a begun answer."""
    return [GenerationRequest(key=question.key, messages=_messages(question), prefill=question.condition.prefill) for question in asked]


def _messages(question: Question) -> tuple[Message, ...]:
    if question.condition.system is None:
        return question.prompt.messages
    return (Message(role="system", content=question.condition.system), *question.prompt.messages)


def answer_all(
    side: Side, asked: Sequence[Question], sampling: Sampling, log: EvidenceLog, progress: Progress, *, prefix: str = ""
) -> list[Response]:
    """Let one side answer every question that the log does not hold yet; return the responses that are still missing.

    `prefix` keeps the batches of several calls on one log apart.

    Where a batch comes back with an answer that asking again may bring (finish UNANSWERED: a server that died), that batch
    is not kept and no later one is asked: all of them are returned as UNANSWERED, which judges leave unscored.
    The batch plan depends on the questions alone, so a run that was killed goes on with the batches that a run that
    was not would have had, and ends with the same bytes.
    """
    requests = requests_of(asked)
    plan = side.engine.plan(requests, sampling)
    names = [f"{side.name}-{prefix}{number}" for number in range(len(plan))]
    done = 0
    for name, batch in zip(names, plan, strict=True):
        if name not in log.batches:
            answers = side.engine.generate([requests[index] for index in batch], sampling)
            lost = next((answer for answer in answers if answer.finish is FinishReason.UNANSWERED), None)
            if lost is not None:
                later = (indices for name, indices in zip(names, plan, strict=True) if name not in log.batches)
                missing = [asked[index] for indices in later for index in indices]
                return list(_responses(side, missing, [replace(lost, text="", thinking=None)] * len(missing), sampling))
            log.append(name, list(_responses(side, [asked[index] for index in batch], answers, sampling)))
        done += len(batch)
        progress(f"{side.name} answers", done, len(asked))
    return []


def _responses(side: Side, asked: Sequence[Question], answers: Sequence[Generation], sampling: Sampling) -> Iterator[Response]:
    for question, answer in zip(asked, answers, strict=True):
        yield Response(
            side=side.name,
            model=side.engine.fingerprint.digest,
            condition=question.condition.name,
            prompt_id=question.prompt.id,
            sample=question.sample,
            text=answer.text,
            thinking=answer.thinking,
            tokens=answer.tokens,
            finish=FinishReason.ERROR if answer.error and answer.finish is not FinishReason.UNANSWERED else answer.finish,
            seed=sampling.seed if sampling.temperature > 0 else None,
            error=answer.error,
        )
