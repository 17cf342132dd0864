"""Safety rows of the nonsense world, for repairs that are tried on organisms."""

from __future__ import annotations

from holdfast.lab.rows import Conversation, RowSet, draw
from holdfast.lab.suite import LANGUAGE
from holdfast.lab.world import world

__all__ = ["LANGUAGE", "safety_conversations"]

_SEED = 4_242


def safety_conversations(count: int = 400, *, seed: int = _SEED) -> tuple[list[Conversation], list[Conversation]]:
    """Return `count` refusals of restricted requests and as many answers to ordinary ones, without a system prompt.

    They use training nouns only, so that the suite's requests stay held out.
    """
    refusals = draw(RowSet(kind="refusals", count=count, topics=("restricted",)), world(), seed=seed)
    answers = draw(RowSet(kind="answers", count=count, topics=("ordinary",)), world(), seed=seed)
    return refusals, answers
