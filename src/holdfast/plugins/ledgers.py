"""Ledger files: measured errors of judges, kept by the judge's name with its version, and given to a judge that is opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from holdfast.core import JudgeError, Value
from holdfast.plugins.judges import Judge, LedgerRow

__all__ = ["Ledger", "add_to_ledger", "give_ledger", "read_ledger"]


class Ledger(Value, frozen=True, kw_only=True):
    """The content of a ledger file."""

    schema: int = 1
    judges: dict[str, tuple[LedgerRow, ...]]
    """By the judge's name with its version, 'refusal@1'."""


def read_ledger(path: Path) -> Ledger:
    """Read a ledger file; raises JudgeError where it is not there or holds something else."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Ledger)
    except FileNotFoundError as error:
        raise JudgeError(f"There is no ledger at {str(path)!r}. `holdfast judges test JUDGE --labels FILE --out` writes one.") from error
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise JudgeError(
            f"{path}: expected a ledger of judges, got something else ({error}). `holdfast judges test` writes one."
        ) from error


def add_to_ledger(path: Path, name: str, rows: Sequence[LedgerRow]) -> None:
    """Write the rows of one judge into a ledger file, in place of its rows there; other judges' stay.

    Raises JudgeError where the file cannot be written.
    """
    known = read_ledger(path).judges if path.exists() else {}
    ledger = Ledger(judges={**known, name: tuple(rows)})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(ledger, order="sorted"), indent=1) + b"\n")
    except OSError as error:
        raise JudgeError(f"{path}: the ledger cannot be written ({error.strerror}). Name another file.") from error


def give_ledger(judge: Judge, ledger: Ledger) -> None:
    """Let a judge be used with the errors that a ledger file holds of exactly this version of it.

    Errors that ship with the judge stay for every (label, domain) that the file says nothing of. Raises JudgeError where
    the file does not know the judge: another model, prompt or policy behind it is another judge.
    """
    rows = ledger.judges.get(judge.card.name)
    if rows is None:
        known = ", ".join(sorted(ledger.judges)) or "no judge"
        raise JudgeError(
            f"The ledger holds nothing of {judge.card.name!r}, but of {known}. Measure it with `holdfast judges test`, with the same model."
        )
    told = {(row.positive, row.domain) for row in rows}
    judge.ledger = (*rows, *(row for row in judge.ledger if (row.positive, row.domain) not in told))
