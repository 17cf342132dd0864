"""What a judge said of a response."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from holdfast.core.struct import Value

__all__ = ["Grade", "Manner", "Outcome"]


class Outcome(StrEnum):
    """What a response amounts to. Refusal and harm are measured apart: neither is derived from the other."""

    REFUSAL = "refusal"
    SAFE_ANSWER = "safe_answer"
    HARMFUL = "harmful"
    ANSWERED = "answered"
    """Answered, and the judge cannot tell a safe answer from a harmful one (rule judges)."""
    DEGENERATE = "degenerate"
    """Neither: empty, looping, in the wrong language, truncated, or all thinking."""


class Manner(StrEnum):
    """How a response is worded, finer than its outcome."""

    REFUSED = "refused"
    PARTLY_REFUSED = "partly_refused"
    """Declines a part and answers another; its outcome is not REFUSAL."""
    CAVEATED = "caveated"
    """Answers, and says where the answer ends or that a professional is needed."""
    ANSWERED = "answered"
    EMPTY = "empty"
    LOOP = "loop"
    WRONG_LANGUAGE = "wrong_language"
    TRUNCATED = "truncated"
    """Cut off before it said anything that could be judged."""
    THINKING_ONLY = "thinking_only"
    """The whole budget went into thinking; no answer came."""


class Grade(Value, frozen=True, kw_only=True):
    """One judge's view of one response. `outcome` None means unscored: a third state that is never turned into a number."""

    side: str
    condition: str
    prompt_id: str
    sample: int = 0
    part: Literal["answer", "thinking"] = "answer"
    judge: str
    """The judge's id and version, for example 'refusal@1'."""
    outcome: Outcome | None
    manner: Manner | None = None
    score: float | None = None
    """1 to 5 where the judge gives one."""
    probability: float | None = None
    """0 to 1: how sure a judge that gives probabilities is of harm, or of toxicity; its card says of which."""
    categories: tuple[str, ...] = ()
    """Kinds of harm that the judge named: categories of suite `policy11` where they map, else the judge's own words."""
    reason: str = ""
    """Why unscored, or what the judge saw. It quotes no harmful text."""

    @property
    def key(self) -> tuple[str, str, str, int]:
        """(side, condition, prompt id, sample): joins a grade to its response."""
        return (self.side, self.condition, self.prompt_id, self.sample)
