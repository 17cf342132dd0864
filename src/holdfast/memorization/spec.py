"""What a measurement of memorization is asked to do."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import Any

from holdfast.core import InputError, Value, check_seed
from holdfast.plugins import ModelOptions, Relearning

__all__ = ["MemorizationSpec"]


class MemorizationSpec(Value, frozen=True, kw_only=True):
    """The settings of one measurement. Raises InputError for values that cannot be."""

    base: str
    """A model reference (design.md section 5)."""
    tuned: str
    canaries: Path | None = None
    """The private manifest that `holdfast canary plant` wrote."""
    data: str | None = None
    """The rows that the tuned model was trained on."""
    held_out: str | None = None
    """Rows of the same source that it was not trained on (`holdfast split`)."""
    format: str | None = None
    columns: dict[str, str] = {}
    roles: dict[str, str] = {}
    rows: int = 200
    """How many training rows extraction tests, chosen by the seed."""
    prefix_tokens: int = 50
    """Tokens of the answer that are given; at most half of a shorter answer."""
    suffix_tokens: int = 50
    """Tokens that must come back; what is left of a shorter answer."""
    temperature: float = 1.0
    top_k: int = 40
    """Sampling scheme of the discoverable share."""
    personal_values: int = 200
    """How many personal values of the data are probed for, at most."""
    most_members: int = 2000
    """How many training rows stand against the held-out ones, at most."""
    relearn: bool = False
    """Run the relearning probe (Janus check) on planted canaries."""
    disclosed: int = 10
    """Canary pairs that the relearning probe is trained on."""
    relearning: Relearning = Relearning()
    frame: str | None = None
    """System prompt that tries to talk the model into answering; None takes the suite's identity prompt or a general one."""
    seed: int = 0
    models: ModelOptions = ModelOptions()

    def __post_init__(self) -> None:
        """Refuse values that cannot be."""
        check_seed(self.seed, "--seed")
        if self.canaries is None and self.data is None:
            raise InputError("nothing to look for: give --canaries MANIFEST, --data ROWS, or both.")
        if self.held_out is not None and self.data is None:
            raise InputError("--held-out needs the training rows to stand against: add --data ROWS.")
        if self.relearn and self.canaries is None:
            raise InputError("the relearning probe runs on planted canaries and nothing else: add --canaries MANIFEST.")
        for name, value in (("--rows", self.rows), ("--prefix-tokens", self.prefix_tokens), ("--suffix-tokens", self.suffix_tokens)):
            if value < 1:
                raise InputError(f"{name} must be at least 1, got {value}.")
        if self.personal_values < 1:
            raise InputError(
                f"--personal-values must be at least 1, got {self.personal_values}: a policy judges what is given back, and nothing would "
                "have been asked for."
            )
        if not (isfinite(self.temperature) and self.temperature > 0) or self.top_k < 0:
            raise InputError(f"--temperature must be above 0 and --top-k at least 0, got {self.temperature} and {self.top_k}.")
        probe = (("--disclosed", self.disclosed), ("--relearn-epochs", self.relearning.epochs))
        for name, value in probe:
            if value < 1:
                raise InputError(f"{name} must be at least 1, got {value}.")
        if not (isfinite(self.relearning.lr) and self.relearning.lr > 0):
            raise InputError(f"--relearn-lr must be above 0, got {self.relearning.lr}.")

    def reading(self) -> dict[str, Any]:
        """Return the keyword arguments of `open_dataset`."""
        return {"format": self.format, "columns": self.columns or None, "roles": self.roles or None}
