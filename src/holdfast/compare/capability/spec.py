"""Which files a comparison takes skills from."""

from __future__ import annotations

from pathlib import Path

from holdfast.core import Value

__all__ = ["CapabilitySpec"]


class CapabilitySpec(Value, frozen=True, kw_only=True):
    """Where skills are measured from."""

    tasks: tuple[Path, ...] = ()
    """Files of questions with answers."""
    held_out: tuple[Path, ...] = ()
    """Files of rows like the training data, kept out of it."""
    results: tuple[Path, Path] | None = None
    """What another tool measured of the base and of the tuned model."""

    @property
    def wanted(self) -> bool:
        """Whether anything is to be measured."""
        return bool(self.tasks or self.held_out or self.results)
