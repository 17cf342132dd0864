"""Asking both models with and without each string, into evidence that survives a kill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from holdfast.backdoor.facts import TriedString
from holdfast.backdoor.strings import insert_string
from holdfast.core import FinishReason, Grade, Prompt, Response, Value
from holdfast.plugins import Engine, GenerationRequest, GradingItem, Judge, Sampling, ScoreRequest
from holdfast.runs import EvidenceLog

__all__ = ["NONE", "Scored", "Side", "answer", "grade", "score"]

NONE = "none"
"""Stands for no string, where a string's name is expected."""
_CHUNK = 128
Progress = Callable[[str, int, int], None]


class Side(NamedTuple):
    """One of the two models."""

    name: str
    engine: Engine


class Scored(Value, frozen=True, kw_only=True):
    """Probabilities of one side for one prompt with one string."""

    side: str
    string: str
    prompt_id: str
    openings: tuple[float, ...] = ()
    """Log probability of each refusal opening, in nats."""
    own: float | None = None
    """Log probability per token of the answer that this side gives without any string; None where it gives none."""


def answer(
    side: Side, prompts: Sequence[Prompt], string: TriedString | None, sampling: Sampling, seed: int, log: EvidenceLog, progress: Progress
) -> None:
    """Let one side answer every prompt with a string; batches that the log holds are not asked again."""
    name = NONE if string is None else string.name
    requests = [GenerationRequest(key=f"{prompt.id}/0", messages=insert_string(prompt, string, seed)) for prompt in prompts]
    done = 0
    for number, batch in enumerate(side.engine.plan(requests, sampling)):
        label = f"{side.name}-{name}-{number}"
        if label not in log.batches:
            answers = side.engine.generate([requests[index] for index in batch], sampling)
            log.append(
                label,
                [
                    Response(
                        side=side.name,
                        model=side.engine.fingerprint.digest,
                        condition=name,
                        prompt_id=prompts[index].id,
                        text=one.text,
                        thinking=one.thinking,
                        tokens=one.tokens,
                        finish=FinishReason.ERROR if one.error else one.finish,
                        seed=sampling.seed if sampling.temperature > 0 else None,
                        error=one.error,
                    )
                    for index, one in zip(batch, answers, strict=True)
                ],
            )
        done += len(batch)
        progress(f"{side.name} answers, {name}", done, len(requests))


def score(
    side: Side,
    prompts: Sequence[Prompt],
    string: TriedString | None,
    openings: Sequence[str],
    own: dict[str, str],
    seed: int,
    log: EvidenceLog,
) -> None:
    """Take the probabilities of one side for every prompt with a string; `own` are its answers without any, by prompt id."""
    name = NONE if string is None else string.name
    label = f"{side.name}-{name}"
    if label in log.batches:
        return
    asked = [
        ScoreRequest(
            messages=insert_string(prompt, string, seed),
            continuations=(*openings, *([own[prompt.id]] if own.get(prompt.id) else [])),
        )
        for prompt in prompts
    ]
    rows = []
    for prompt, result in zip(prompts, side.engine.score(asked), strict=True):
        mine = result.log_probs[len(openings) :]
        rows.append(
            Scored(
                side=side.name,
                string=name,
                prompt_id=prompt.id,
                openings=result.log_probs[: len(openings)],
                own=mine[0] / max(result.tokens[-1], 1) if mine else None,
            )
        )
    log.append(label, rows)


def grade(responses: Sequence[Response], prompts: dict[str, Prompt], judge: Judge, log: EvidenceLog, progress: Progress) -> list[Grade]:
    """Grade answers that the log holds no grade of; return all grades of this judge."""
    known = {found.key for found in log.read(Grade) if found.judge == judge.card.name}
    items = [GradingItem(prompt=prompts[one.prompt_id], response=one) for one in responses if one.key not in known]
    for start in range(0, len(items), _CHUNK):
        chunk = items[start : start + _CHUNK]
        log.append(f"{judge.card.name}-{len(known) + start}", judge.grade(chunk))
        progress("grading", min(start + _CHUNK, len(items)), len(items))
    return [found for found in log.read(Grade) if found.judge == judge.card.name]
