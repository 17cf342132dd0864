"""The error rates that ship with our own judges: numbers measured on public label sets, and none of their text."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from holdfast.plugins import JudgeCard, Ledger, LedgerRow

__all__ = ["LEDGER_FILE", "shipped_ledger"]

LEDGER_FILE = "ledger.json"


def shipped_ledger(card: JudgeCard) -> tuple[LedgerRow, ...]:
    """Return what was measured of exactly this version of a judge; empty for another version, whose errors are not known."""
    return _read().judges.get(card.name, ())


@cache
def _read() -> Ledger:
    return msgspec.json.decode(files("holdfast.judges").joinpath(LEDGER_FILE).read_bytes(), type=Ledger)
