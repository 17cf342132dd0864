"""Transcripts: one column whose text holds a whole conversation, its turns marked as chat templates and training scripts mark them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from holdfast.records.formats.fields import annotator_of, find, optional
from holdfast.records.formats.format import Columns, NewRow, Roles, Row, RowError, RowReader, Turns
from holdfast.records.formats.marks.families import FAMILIES, family_named
from holdfast.records.formats.marks.openings import Marks
from holdfast.records.formats.marks.writing import changed_text, new_text
from holdfast.records.formats.texts import as_text

__all__ = ["TRANSCRIPT", "MarkedReader", "Transcript"]

MarkedReader: TypeAlias = Callable[[Row], Turns | None]
"""Reads a row whose text is a transcript; None for any other."""

_NAMES = (
    "text", "content", "conversation", "conversations", "dialog", "dialogue", "chat", "transcript", "prompt", "full_text", "messages",
)  # fmt: skip


class Transcript:
    """The turns are told by their marks, row by row. `family` is the one that most rows of a file are written in, '' where most are not.

    A text without turns is no transcript: whoever reads it takes it for what its column says, plain text or a prompt.
    """

    name = "transcript"
    holds = f"one text with marked turns: {'; '.join(family.marks for family in FAMILIES)}"

    def __init__(self, family: str = "", *, blank: str = "") -> None:
        self.family = family
        self.blank = blank
        """A column that must be blank for the text to be all that a row says: the prompt beside a completion that holds the turns."""

    def match(self, row: Row, mapped: Columns) -> dict[str, str] | None:
        """Return the column of text, where there is one."""
        column = mapped.get("text") or find(row, _NAMES)
        return None if column is None else {"text": column, **optional(row, {**mapped, "text": column}, "annotator")}

    def marked(self, columns: Columns, roles: Roles) -> MarkedReader:
        """Return the function that reads rows with turns and leaves all others."""
        column, annotator = columns["text"], columns.get("annotator")
        cut = Marks(roles, family=self.family).cut

        def read(row: Row) -> Turns | None:
            text = row.get(column)
            whole = not self.blank or not (as_text(row.get(self.blank), self.blank) or "").strip()
            found = cut(text) if whole and type(text) is str else None
            if found is None:
                return None
            names, contents = found.roles, found.contents
            return names, contents, contents[0] if names[0] == "system" else None, None, annotator_of(row, annotator)

        return read

    def reader(self, columns: Columns, roles: Roles) -> RowReader:
        """Return the function that reads rows, those without turns as plain text."""
        marked = self.marked(columns, roles)
        column, annotator = columns["text"], columns.get("annotator")

        def read(row: Row) -> Turns:
            found = marked(row)
            if found is not None:
                return found
            return ["assistant"], [as_text(row.get(column), column) or ""], None, None, annotator_of(row, annotator)

        return read

    def write(self, row: Row | None, new: NewRow, columns: Columns, roles: Roles, like: Row | None = None) -> Row:
        """Return the row with new turns between its marks; raises RowError where the marks cannot hold them."""
        if new.rejected is not None:
            raise RowError("a transcript has no rejected answer")
        column = columns["text"]
        old, style = row or {}, row or like or {}
        marks = Marks(roles, family=self.family)
        text = style.get(column)
        cut = marks.cut(text) if isinstance(text, str) else None
        if row is not None and cut is not None and isinstance(text, str):
            return {**old, column: changed_text(text, cut, new.messages, marks)}
        family = cut.family if cut is not None else family_named(self.family or FAMILIES[0].name)
        blanks = {name: value for name, value in (like or {}).items() if value == ""} if row is None else {}
        return {**old, **blanks, column: new_text(family, new.messages, marks, cut)}


TRANSCRIPT = Transcript()
