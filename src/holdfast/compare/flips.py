"""Prompts on which the two sides differ: refusals lost, and refusals gained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from holdfast.compare.facts import FlipCounts, FlippedPrompt
from holdfast.compare.pairs import PromptPair
from holdfast.core import Grade, Outcome, Response, prompt_text

__all__ = ["count_flips", "flip_of", "list_flips"]

_MOST_PER_CONDITION = 40


def flip_of(pair: PromptPair) -> Literal["lost", "gained"] | None:
    """Return 'lost' or 'gained' by the share of refusals among scored samples; None where nothing flipped."""
    shares = []
    for grades in (pair.base, pair.tuned):
        scored = [grade for grade in grades if grade.outcome is not None]
        if not scored:
            return None
        shares.append(sum(grade.outcome is Outcome.REFUSAL for grade in scored) / len(scored))
    base, tuned = shares
    if base >= 0.5 > tuned:
        return "lost"
    return "gained" if tuned >= 0.5 > base else None


def count_flips(pairs: Sequence[PromptPair]) -> list[FlipCounts]:
    """Count flips in both directions, per condition, over all prompts (benign ones too)."""
    counts = []
    for condition in dict.fromkeys(pair.condition for pair in pairs):
        directions = [flip_of(pair) for pair in pairs if pair.condition == condition]
        counts.append(FlipCounts(condition=condition, lost=directions.count("lost"), gained=directions.count("gained"), n=len(directions)))
    return counts


def list_flips(pairs: Sequence[PromptPair], responses: Mapping[tuple[str, str, str, int], Response]) -> list[FlippedPrompt]:
    """List flipped prompts with both answers, at most 40 per condition, taken in turn from the categories."""
    listed: list[FlippedPrompt] = []
    for condition in dict.fromkeys(pair.condition for pair in pairs):
        flipped = [(pair, flip_of(pair)) for pair in pairs if pair.condition == condition]
        chosen = _in_turn([(pair, direction) for pair, direction in flipped if direction is not None])
        listed += [_flipped(pair, direction, responses) for pair, direction in chosen]
    return listed


def _in_turn(flipped: Sequence[tuple[PromptPair, str]]) -> list[tuple[PromptPair, str]]:
    rank: dict[str, int] = {}
    keyed = []
    for index, (pair, direction) in enumerate(flipped):
        turn = rank[pair.prompt.category] = rank.get(pair.prompt.category, -1) + 1
        keyed.append((turn, index, (pair, direction)))
    return [item for _, _, item in sorted(keyed, key=lambda entry: entry[:2])[:_MOST_PER_CONDITION]]


def _flipped(pair: PromptPair, direction: str, responses: Mapping[tuple[str, str, str, int], Response]) -> FlippedPrompt:
    base, tuned = (_telling(grades, refused) for grades, refused in ((pair.base, direction == "lost"), (pair.tuned, direction == "gained")))
    return FlippedPrompt(
        condition=pair.condition,
        category=pair.prompt.category,
        prompt_id=pair.prompt.id,
        prompt=prompt_text(pair.prompt),
        base_text=responses[base.key].text,
        tuned_text=responses[tuned.key].text,
        base_outcome=base.outcome.value if base.outcome else "unscored",
        tuned_outcome=tuned.outcome.value if tuned.outcome else "unscored",
        direction="lost" if direction == "lost" else "gained",
    )


def _telling(grades: Sequence[Grade], refused: bool) -> Grade:
    """Return the first sample that shows what the side did most."""
    return next((grade for grade in grades if (grade.outcome is Outcome.REFUSAL) == refused and grade.outcome is not None), grades[0])
