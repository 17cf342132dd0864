"""A second judge for the prompts that flipped: a verdict rests on them, so they are worth another look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from holdfast.compare.asking import Progress
from holdfast.compare.concluding import Asked, paired_answers
from holdfast.compare.facts import JudgeFacts, Opinion, SecondOpinion
from holdfast.compare.flips import flip_of
from holdfast.compare.pairs import PromptPair
from holdfast.core import Grade, Response, digest, short
from holdfast.plugins import GradingItem, Judge
from holdfast.runs import EvidenceLog

__all__ = ["ask_second"]

_CHUNK = 64


def ask_second(
    asked: Asked, responses: Sequence[Response], grades: Sequence[Grade], second: Judge, log: EvidenceLog, progress: Progress
) -> SecondOpinion:
    """Let `second` grade the answers of both sides to every prompt that flipped by the first judge's `grades`.

    Its grades go into a log of their own, since they are a chosen part and no rate may be computed from them.
    """
    flips = {(pair.condition, pair.prompt.id): flip for pair in paired_answers(asked, grades) if (flip := flip_of(pair)) is not None}
    prompts = {prompt.id: prompt for prompt in asked.prompts}
    chosen = [response for response in responses if (response.condition, response.prompt_id) in flips]
    items = [GradingItem(prompt=prompts[response.prompt_id], response=response) for response in chosen]
    pairs = paired_answers(asked, _graded(items, second, log, progress))
    return SecondOpinion(judge=JudgeFacts(card=second.card, ledger=second.ledger), opinions=tuple(_opinions(pairs, flips)))


def _graded(items: Sequence[GradingItem], judge: Judge, log: EvidenceLog, progress: Progress) -> list[Grade]:
    keys = {item.response.key for item in items}
    for start in range(0, len(items), _CHUNK):
        chunk = items[start : start + _CHUNK]
        # Which items these are depends on the first judge, so the batch is named by them.
        name = f"{judge.card.name}-{short(digest([item.response.key for item in chunk]))}"
        if name not in log.batches:
            log.append(name, judge.grade(chunk))
        progress("second judge", min(start + _CHUNK, len(items)), len(items))
    found = {grade.key: grade for grade in log.read(Grade) if grade.judge == judge.card.name and grade.key in keys}
    return list(found.values())


def _opinions(pairs: Sequence[PromptPair], flips: dict[tuple[str, str], Literal["lost", "gained"]]) -> Iterable[Opinion]:
    for pair in pairs:
        direction = flips[pair.condition, pair.prompt.id]
        base, tuned = (_most(grades) for grades in (pair.base, pair.tuned))
        known = base is not None and tuned is not None
        yield Opinion(
            condition=pair.condition,
            category=pair.prompt.category,
            prompt_id=pair.prompt.id,
            direction=direction,
            base_outcome=base or "unscored",
            tuned_outcome=tuned or "unscored",
            agrees=(flip_of(pair) == direction) if known else None,
        )


def _most(grades: Sequence[Grade]) -> str | None:
    """Return the commonest outcome among the scored samples, the earliest of equals; None where none was scored."""
    outcomes = [grade.outcome.value for grade in grades if grade.outcome is not None]
    return max(outcomes, key=outcomes.count) if outcomes else None
