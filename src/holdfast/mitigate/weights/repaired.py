"""What a repair of weights gives back."""

from __future__ import annotations

from holdfast.core import Value
from holdfast.mitigate.weights.provenance import Mitigation

__all__ = ["Repaired"]


class Repaired(Value, frozen=True, kw_only=True):
    """A repaired model on disk."""

    reference: str
    """How every other command takes it: the folder, or BASE+FOLDER for an adapter."""
    folder: str
    mitigation: Mitigation
    """What `mitigation.json` in the folder says."""
