"""What a number or a list in the configuration of a corpus run must be, said with the name of the setting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from holdfast.core import InputError

__all__ = ["at_least", "different", "in_order"]


def at_least(name: str, value: int, least: int, more: str = "") -> None:
    """Raise InputError, which names the setting, for a number below the least that makes sense."""
    if value < least:
        raise InputError(f"{name}: expected a number from {least} on, got {value}{f'; {more}' if more else ''}.")


def different(name: str, values: Sequence[object]) -> None:
    """Raise InputError for a setting that names nothing, or one thing twice."""
    if not values or len(set(values)) != len(values):
        raise InputError(f"{name}: expected one or more that differ, got {', '.join(map(str, values)) or 'none'}.")


def in_order(crawled: str) -> bool:
    """Return whether a text is one date, or two of which the first is not after the last."""
    try:
        days = [date.fromisoformat(part[:10]) for part in crawled.split("/")]
    except ValueError:
        return False
    return len(days) <= 2 and days[0] <= days[-1]
