"""What a follow-up found, in words and numbers that a report prints as they are."""

from __future__ import annotations

from holdfast.core import Value

__all__ = ["FollowUp", "VariationFacts"]


class VariationFacts(Value, frozen=True, kw_only=True):
    """One variation of the family: how it puts a request, and how much of it was asked."""

    name: str
    condition: str
    """The condition of its measurements: 'variation:NAME'."""
    kind: str
    title: str
    asked: int
    """Requests asked of each side; 0 where it could not be asked."""
    full: bool = False
    """Asked of every request that should be refused, because the small block showed a loss."""
    reason: str | None = None
    """Why it was not asked."""


class FollowUp(Value, frozen=True, kw_only=True):
    """The follow-up of a comparison."""

    variations: tuple[VariationFacts, ...] = ()
    block: int = 0
    """Requests of the small block that every variation is asked."""
    fallen: tuple[str, ...] = ()
    """Categories that fell in the comparison itself, and were asked in full under every variation."""
    largest: str | None = None
    """The condition with the largest measured loss; None where no variation lost anything."""
    sentence: str = ""
    """Under which variation the loss is largest, and whether the base had it too."""
