"""Rows that cannot be read: named, counted, and too many of them an error."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.core import InputError, Value
from holdfast.records.limits import Limits

__all__ = ["BadRow", "BadRows"]

_NAMED = 3
_SURELY = 1000


class BadRow(Value, frozen=True, kw_only=True):
    """One row that cannot be read."""

    row: int
    """Its 0-based number in the whole set; no table holds that number."""
    source: str
    line: int
    """1-based line, or row number where the file has no lines."""
    reason: str
    """What was expected and what came; it quotes nothing of the row."""


class BadRows:
    """The bad rows of a set by number, so that a row that is read twice counts once."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._found: dict[int, BadRow] = {}

    def add(self, rows: Iterable[BadRow]) -> None:
        """Take note of bad rows; raises InputError at once where a number was set and is exceeded."""
        self._found.update((bad.row, bad) for bad in rows)
        if self._limits.max_bad_rows is not None and len(self._found) > self._limits.max_bad_rows:
            raise InputError(self._sentence(None))

    def check(self, rows: int, *, all_read: bool) -> None:
        """Raise InputError where too many of the `rows` rows read so far are bad.

        A share is judged once all rows were read, and earlier only where most of many rows are bad.
        """
        bad = len(self._found)
        if (all_read and bad > self._limits.bad_rows(rows)) or (bad > _SURELY and 2 * bad > rows and bad > self._limits.bad_rows(rows)):
            raise InputError(self._sentence(rows))

    @property
    def rows(self) -> tuple[BadRow, ...]:
        """The bad rows in order."""
        return tuple(self._found[number] for number in sorted(self._found))

    def __contains__(self, number: int) -> bool:
        """Tell whether a row is bad."""
        return number in self._found

    def reason(self, number: int) -> str:
        """Return why a row is bad."""
        return self._found[number].reason

    def _sentence(self, rows: int | None) -> str:
        of = "" if rows is None else f" of {rows:,}"
        named = "; ".join(f"{bad.source}:{bad.line}: {bad.reason}" for bad in self.rows[:_NAMED])
        count = len(self._found)
        allowed = self._limits.bad_rows(rows or 0)
        return (
            f"{count:,} {'row' if count == 1 else 'rows'}{of} cannot be read, and {allowed:,} may be bad. The first: {named}. "
            "Mend the file, or allow more (max_bad_rows in Python; `holdfast scan` takes --max-bad-rows)."
        )
