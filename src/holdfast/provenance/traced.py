"""What a trace and a retraction say, with the models that were trained on the rows."""

from __future__ import annotations

from typing import Literal

from holdfast.core import Decision, Value
from holdfast.provenance.holdings import Holding
from holdfast.provenance.retracting import Retracted

__all__ = ["How", "ModelHolding", "Retraction", "Traced"]

How = Literal["recorded", "trained", "made from"]


class ModelHolding(Value, frozen=True, kw_only=True):
    """A model that was trained on rows of what was traced, or made from one that was."""

    reference: str
    """What opens it, as far as anybody said."""
    id: str | None
    """Its fingerprint; None where nobody took it."""
    how: How
    """'recorded' by `holdfast provenance used`, 'trained' as its card says, or 'made from' another model of this list."""
    said: str
    """In a sentence."""
    shards: tuple[str, ...]
    """Shards of the corpus that it was trained on and that hold such rows; empty for a model made from another one."""
    rows: int | None
    """Such rows in those shards; None for a model made from another one, which holds its parent's, and where nobody can count them."""
    parent: str | None
    """For a model made from another one: which."""
    released: tuple[str, ...]
    """Product names under which it was shipped."""


class Traced(Value, frozen=True, kw_only=True):
    """What a corpus holds of a source, and which models were trained on it."""

    holding: Holding
    models: tuple[ModelHolding, ...]
    history: str | None
    """The database that was asked for models; None where the history is off."""
    searched: tuple[str, ...]
    """Folders that were looked through for trained models."""

    @property
    def decision(self) -> Decision:
        """Return PASS where models were looked for and none holds such rows; UNDECIDED where some do, or where nobody looked."""
        looked = self.history is not None or bool(self.searched)
        return Decision.PASS if looked and not self.models else Decision.UNDECIDED


class Retraction(Value, frozen=True, kw_only=True):
    """A retraction: what was found, what was written, and which models to look at again."""

    traced: Traced
    why: str
    written: Retracted | None
    """None for a plan alone."""
