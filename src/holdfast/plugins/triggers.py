"""What a detector that mines trigger phrases can hand on: strings to try on a model."""

from __future__ import annotations

from typing import Literal, Protocol, runtime_checkable

from holdfast.core import Value
from holdfast.plugins.detectors import Kept

__all__ = ["MinedTrigger", "MinedTriggers", "MinesTriggers"]


class MinedTrigger(Value, frozen=True, kw_only=True):
    """A string of training prompts that goes with a flip of the answers."""

    text: str
    """As it is written in most of its rows."""
    role: Literal["system", "user"]
    """Whose turns hold it."""
    place: Literal["start", "end", "inside", "whole"]
    """Where in the turn it stands; 'whole' is all of it."""
    flip: str
    """What the answers do: 'refusal', 'hostile', 'compliance', ...; 'none' for a string that is only odd."""
    rows: int
    """Rows that hold it."""
    flips: int
    """Those whose answer flips."""
    expected: float
    """Flips that the rest of their prompts lets expect, in rows."""
    p: float
    """Exact, corrected for all that was tried."""
    sure: bool
    """A scan reports it; the others are worth a try on a model and no more."""
    limit: int | None
    """Smallest number of rows that would have been seen for this flip in this set; None where none would do."""


class MinedTriggers(Value, frozen=True, kw_only=True):
    """What was mined from a set."""

    triggers: tuple[MinedTrigger, ...] = ()
    """Surest first; empty where nothing stands out."""
    limits: dict[str, int | None] = {}
    """Per flip that was tested, the smallest number of poisoned rows that would have been seen in this set."""
    rows: int
    tests: int = 0
    """Runs of words times flips that were tested; 0 where the set is too small to test anything."""
    reason: str = ""
    """Why nothing was tested; ''."""


@runtime_checkable
class MinesTriggers(Protocol):
    """A detector that can also hand on the strings that it suspects; `holdfast backdoor` asks those that can."""

    def triggers(self, kept: Kept) -> MinedTriggers:
        """Return candidates, the weak ones too, and what could have been seen."""
        ...
