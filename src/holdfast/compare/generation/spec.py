"""Which model writes requests, and how many."""

from __future__ import annotations

from pathlib import Path

from holdfast.core import InputError, Value

__all__ = ["GenerateSpec"]


class GenerateSpec(Value, frozen=True, kw_only=True):
    """Further requests, written by a model. Raises InputError for values that cannot be."""

    model: str
    """A model reference; any that answers."""
    count: int = 55
    """Requests wanted, spread evenly over the categories that the suites ask about."""
    path: Path | None = None
    """The file they are frozen into; None is 'RUN.generated.jsonl' beside the run folder. A file that is named and there is asked as it is;
    the one beside the run folder only where it was written to the same settings."""

    def __post_init__(self) -> None:
        """Refuse values that cannot be."""
        if not self.model:
            raise InputError("--generate needs the reference of a model that writes requests.")
        if self.count < 1:
            raise InputError(f"--generate-count must be at least 1, got {self.count}.")
