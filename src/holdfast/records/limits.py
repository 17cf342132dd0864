"""Bounds on what one file may ask of the machine; hostile files are expected."""

from __future__ import annotations

from holdfast.core import InputError, Value

__all__ = ["BATCH_BYTES", "BATCH_ROWS", "BLOCK", "Limits"]

BATCH_ROWS = 8192
"""Most rows in one batch."""
BATCH_BYTES = 8 << 20
"""A batch ends once its rows take this many bytes in the file."""
BLOCK = 1 << 20
"""Bytes read at a time."""

_FEW = 10
"""Rows that may be bad in a file of a few hundred; in a smaller one they would be most of it, so a tenth is the most."""
_EXPANSION = 200
_ALWAYS = 256 << 20


class Limits(Value, frozen=True, kw_only=True):
    """Bounds that a user may move."""

    max_line_bytes: int = 64 << 20
    """A row that takes more bytes is a bad row, and read past without holding it."""
    max_expanded_bytes: int | None = None
    """Most bytes a compressed file may expand to; None allows 200 times its size, and always 256 MiB."""
    max_bad_rows: int | None = None
    """More bad rows than this are an error; None allows 1 % of the rows, of few rows 10, and never more than a tenth of them."""

    def __post_init__(self) -> None:
        """Refuse bounds below zero."""
        for name in ("max_line_bytes", "max_expanded_bytes", "max_bad_rows"):
            value = getattr(self, name)
            if value is not None and value < (0 if name == "max_bad_rows" else 1):
                raise InputError(f"{name} must be a positive number, got {value}.")

    def expanded(self, size: int) -> int:
        """Return the most bytes that a compressed file of `size` bytes may expand to."""
        return max(_ALWAYS, _EXPANSION * size) if self.max_expanded_bytes is None else self.max_expanded_bytes

    def bad_rows(self, rows: int) -> int:
        """Return how many of `rows` rows may be bad: by default 1 %, or 10 where that is more and no more than a tenth."""
        return max(rows // 100, min(_FEW, rows // 10)) if self.max_bad_rows is None else self.max_bad_rows
