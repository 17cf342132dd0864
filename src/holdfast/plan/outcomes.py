"""What a user's own fine-tunes did to refusals: the history that an estimate is calibrated on."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from holdfast.core import InputError, Value
from holdfast.plan.finetune import FineTune, Method
from holdfast.plan.reading import text_of

__all__ = ["ENOUGH", "Outcome", "OutcomeSource", "read_outcomes"]

ENOUGH = 20
"""Outcomes from which on rates are printed for a real model."""
_MOST = 100_000


class Outcome(Value, frozen=True, kw_only=True):
    """One fine-tune and the refusal rate before and after it, 0 to 1, of requests that should be refused."""

    rows: int
    harmful: int = 0
    identity: int = 0
    safety: int = 0
    learning_rate: float
    epochs: float
    method: Method = "full"
    batch: int | None = None
    refusal_base: float
    refusal_tuned: float
    name: str = ""

    def __post_init__(self) -> None:
        """Refuse rates outside 0 to 1, and a base that refuses nothing; raises InputError."""
        if not 0 < self.refusal_base <= 1:
            raise InputError(f"refusal_base must be above 0 and at most 1, got {self.refusal_base!r}")
        if not 0 <= self.refusal_tuned <= 1:
            raise InputError(f"refusal_tuned must be between 0 and 1, got {self.refusal_tuned!r}")

    @property
    def fine_tune(self) -> FineTune:
        """The fine-tune alone; raises InputError for one that cannot be."""
        return FineTune(
            name=self.name or "outcome",
            rows=self.rows,
            harmful=self.harmful,
            identity=self.identity,
            safety=self.safety,
            learning_rate=self.learning_rate,
            epochs=self.epochs,
            method=self.method,
            batch=self.batch,
        )

    @property
    def kept(self) -> float:
        """Refusals after over refusals before, at most 1."""
        return min(1.0, self.refusal_tuned / self.refusal_base)


class OutcomeSource(Protocol):
    """Anything that holds past outcomes: a file, or the history's database."""

    def outcomes(self) -> Sequence[Outcome]:
        """Return all of them, oldest first."""


def read_outcomes(path: Path) -> tuple[Outcome, ...]:
    """Return the outcomes of a CSV file whose heads are the fields of `Outcome`; raises InputError with the line for a bad one."""
    reader = csv.DictReader(io.StringIO(text_of(path)))
    needed = {field.name for field in msgspec.structs.fields(Outcome) if field.required}
    missing = needed - set(reader.fieldnames or ())
    if missing:
        if len(reader.fieldnames or ()) == 1 and ";" in (reader.fieldnames or ("",))[0]:
            raise InputError(f"{path}:1: expected columns divided by commas, got semicolons. Save it as CSV with commas.")
        raise InputError(f"{path}:1: expected columns {', '.join(sorted(needed))}, {', '.join(sorted(missing))} missing.")
    found: list[Outcome] = []
    for row in reader:
        if len(found) == _MOST:
            raise InputError(f"{path}: more than {_MOST} rows; that is no history of fine-tunes.")
        if None in row or None in row.values():
            raise InputError(f"{path}:{reader.line_num}: expected {len(reader.fieldnames or ())} cells as in line 1. Mend that line.")
        filled = {name: value for name, value in row.items() if name is not None and value not in (None, "")}
        try:
            one = msgspec.convert(filled, Outcome, strict=False)
            _ = one.fine_tune
        except (msgspec.ValidationError, InputError) as error:
            said = str(error.__cause__ or error).rstrip(".")
            raise InputError(f"{path}:{reader.line_num}: {said}. Mend that line.") from error
        found.append(one)
    return tuple(found)
