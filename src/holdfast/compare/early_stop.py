"""What a run that may stop early says of how it stopped."""

from __future__ import annotations

from typing import Literal

from holdfast.core import Expected, Value
from holdfast.policy import Gate

__all__ = ["EarlyStop", "Stop", "StreamFacts", "not_looked_at"]

Stop = Literal["decided", "exhausted", "out of tokens", "out of time", "interrupted"]
"""Why asking ended: every gate is settled, every prompt was asked, a budget is spent, or a server died."""


class StreamFacts(Value, frozen=True, kw_only=True):
    """How far one stream of prompts (a condition, and what is expected of its prompts) was asked."""

    condition: str
    expected: Expected
    asked: int
    """Prompts asked of both sides."""
    total: int
    looks: int
    """Complete blocks, after each of which the evidence was looked at."""
    stop: Stop


class EarlyStop(Value, frozen=True, kw_only=True):
    """A comparison that asked until its gates were settled. The order of prompts follows from `seed`, set beforehand."""

    seed: int
    bank: bool
    """True: the statements are about this finite set of prompts; False: about new prompts of this kind."""
    gates: tuple[Gate, ...]
    """The gates that asking stopped for."""
    streams: tuple[StreamFacts, ...]
    tokens: int
    """Tokens answered by both sides, where the engines count them."""


def not_looked_at(stopped: EarlyStop | None) -> dict[str, str]:
    """Return what a run that stopped early did not ask, in words for people; empty for a run that asked everything."""
    if stopped is None:
        return {}
    about = "this set of prompts" if stopped.bank else "new prompts of this kind"
    said = {
        f"the rest of {one.condition} ({one.expected})": f"{one.total - one.asked} of {one.total} prompts were not asked: {one.stop}"
        for one in stopped.streams
        if one.asked < one.total
    }
    return {"estimand": f"asked until decided, about {about}; prompts that no gate reads were not asked", **said}
