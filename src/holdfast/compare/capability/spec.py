"""Which files a comparison takes skills from."""

from __future__ import annotations

from pathlib import Path

from holdfast.core import InputError, Value

__all__ = ["CapabilitySpec"]


class CapabilitySpec(Value, frozen=True, kw_only=True):
    """Where skills are measured from."""

    tasks: tuple[Path, ...] = ()
    """Files of questions with answers."""
    held_out: tuple[Path, ...] = ()
    """Files of rows like the training data, kept out of it."""
    gain_of: str | None = None
    """The fine-tune that the tuned side repairs: how much of its gain on tasks and held-out rows is kept is measured too."""
    results: tuple[Path, Path] | None = None
    """What another tool measured of the base and of the tuned model."""

    def __post_init__(self) -> None:
        """Refuse a gain on nothing; raises InputError."""
        if self.gain_of is not None and not (self.tasks or self.held_out):
            raise InputError("--gain-of needs something to gain on: add --capability FILE or --held-out FILE.")

    @property
    def wanted(self) -> bool:
        """Whether anything is to be measured."""
        return bool(self.tasks or self.held_out or self.results)
