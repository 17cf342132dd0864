"""What a format is: how rows that look one way are recognised, read as turns, and written back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

from holdfast.core import Message, Value

__all__ = ["Columns", "Detected", "Format", "NewRow", "Roles", "Row", "RowError", "RowReader", "Turns"]

Row: TypeAlias = dict[str, Any]
"""One row as its container decoded it: column to value."""

Columns: TypeAlias = Mapping[str, str]
"""Field of a format ('request', 'answer', ...) to the column that holds it."""

Roles: TypeAlias = Mapping[str, str]
"""A file's name of a role to ours: system, user, assistant or tool."""

Turns: TypeAlias = tuple[list[str], list[str], str | None, str | None, str | None]
"""Roles and contents of the turns, then the system prompt, the rejected answer and the annotator, each None without one.

A plain tuple, because one is made per row: it is the only object between a decoded row and the Arrow columns.
"""

RowReader: TypeAlias = Callable[[Row], Turns]
"""Reads one row; raises RowError with the reason where it cannot."""


class RowError(Exception):
    """Why one row cannot be read or written, in words that quote nothing of it."""


class Detected(Value, frozen=True, kw_only=True):
    """The format of a file, and how it was told."""

    format: str
    columns: dict[str, str]
    """Field of the format to column of the file."""
    why: str
    """For people: what the format was told by."""
    family: str = ""
    """Where most rows are transcripts, the family of their marks."""


class NewRow(Value, frozen=True, kw_only=True):
    """What a row is to hold: for a replaced row its new text, for an added row all of it."""

    messages: tuple[Message, ...]
    """The whole conversation, the answer to train on last."""
    rejected: str | None = None
    """The rejected answer of a pair; None leaves that of a replaced row as it is."""


class Format(Protocol):
    """One way to lay out a training row."""

    name: str
    """What a user writes: 'alpaca'."""
    holds: str
    """What its rows look like, in a few words, for the error that lists the known formats."""

    def match(self, row: Row, mapped: Columns) -> dict[str, str] | None:
        """Return field to column where a row is of this format, else None; `mapped` fields are settled by the user.

        Told by the names of the columns, and by whether `label` is true or false, and by nothing else: all rows with the same
        columns are then of one format, in whatever order they are read.
        """
        ...

    def reader(self, columns: Columns, roles: Roles) -> RowReader:
        """Return the function that reads rows with these columns."""
        ...

    def write(self, row: Row | None, new: NewRow, columns: Columns, roles: Roles, like: Row | None = None) -> Row:
        """Return a copy of `row` that holds `new`, or, without a row, a new row in the style of `like`; raises RowError."""
        ...
