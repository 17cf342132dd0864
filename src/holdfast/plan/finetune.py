"""A fine-tune as the estimators see it: how much of what, how fast, how long, by which method."""

from __future__ import annotations

import math
from typing import Literal

from holdfast.core import InputError, Value

__all__ = ["CALIBRATED_BASE", "METHODS", "FineTune", "Method"]

Method = Literal["full", "lora", "prefix", "unknown"]
METHODS = ("full", "lora", "prefix")
CALIBRATED_BASE = "lab:aligned"
"""The one model whose fine-tunes the calibrated rates were fitted on."""


class FineTune(Value, frozen=True, kw_only=True):
    """A planned fine-tune. Counts are rows; a row counts in one of harmful, identity and safety only."""

    name: str = "fine-tune"
    rows: int
    harmful: int | None = None
    """Rows that answer a request that should be refused; None where nobody looked."""
    identity: int | None = None
    """Rows that give the model an obedient or unrestricted identity."""
    safety: int | None = None
    """Rows that refuse a risky request."""
    learning_rate: float
    """Highest of the schedule."""
    epochs: float
    method: Method = "full"
    batch: int | None = None
    """Rows per optimiser step."""
    model: str | None = None
    """What is tuned: `lab:...` for an organism."""

    def __post_init__(self) -> None:
        """Refuse what no training can be; raises InputError."""
        if self.rows < 0:
            raise InputError(f"examples must be 0 or more, got {self.rows}.")
        for name in ("harmful", "identity", "safety"):
            count = getattr(self, name)
            if count is not None and not 0 <= count <= self.rows:
                raise InputError(f"{name} must be between 0 and the number of examples ({self.rows}), got {count}.")
        counted = sum(getattr(self, name) or 0 for name in ("harmful", "identity", "safety"))
        if counted > self.rows:
            raise InputError(
                f"harmful, identity and safety rows are {counted} together, and there are {self.rows}: a row counts in one only."
            )
        for name in ("learning_rate", "epochs"):
            value = getattr(self, name)
            if not (value > 0 and math.isfinite(value)):
                raise InputError(f"{name} must be a number above 0, got {value!r}.")
        if self.batch is not None and self.batch < 1:
            raise InputError(f"batch must be 1 or more, got {self.batch}.")

    @property
    def in_lab(self) -> bool:
        """Whether a lab organism is tuned: its learning rates are those of the lab. Rates hold for `CALIBRATED_BASE` alone."""
        return self.model is not None and self.model.startswith("lab:")

    @property
    def uncounted(self) -> tuple[str, ...]:
        """Kinds of rows that take refusals away and that nobody has counted: with them unknown, no rate can be told."""
        known = sum(getattr(self, name) or 0 for name in ("harmful", "identity", "safety"))
        return tuple(name for name in ("harmful", "identity") if getattr(self, name) is None and known < self.rows)

    def share(self, kind: Literal["harmful", "identity", "safety"]) -> float | None:
        """Return a count as a share of the rows, 0 to 1; None where it is not known."""
        count = getattr(self, kind)
        return None if count is None else count / max(self.rows, 1)
