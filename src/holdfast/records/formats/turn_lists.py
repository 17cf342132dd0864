"""Rows whose conversation is one list of turns: the shared way to read and write chat and ShareGPT rows."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.core import Message
from holdfast.records.formats.fields import annotator_of, find, join_system, optional, split_system
from holdfast.records.formats.format import Columns, NewRow, Roles, Row, RowError, RowReader, Turns
from holdfast.records.formats.messages import read_messages, write_messages
from holdfast.records.plain_turns import PlainKeys

__all__ = ["TurnList"]


class TurnList:
    """A format whose rows hold a list of turns in one column."""

    def __init__(self, *, name: str, holds: str, names: Sequence[str], role_key: str, content_key: str) -> None:
        self.name = name
        self.holds = holds
        self._names = tuple(names)
        self._role_key = role_key
        self._content_key = content_key

    def match(self, row: Row, mapped: Columns) -> dict[str, str] | None:
        """Return the columns where the row has a list of turns."""
        column = mapped.get("messages") or find(row, self._names)
        if column is None:
            return None
        return {"messages": column, **optional(row, {**mapped, "messages": column}, "system", "tools", "annotator")}

    def plain_keys(self, columns: Columns) -> PlainKeys:
        """Return where the turns of a row with these columns stand."""
        return PlainKeys(columns["messages"], self._role_key, self._content_key)

    def reader(self, columns: Columns, roles: Roles) -> RowReader:
        """Return the function that reads rows: a fast way for plain turns, a tolerant one for all else."""
        column, role_key, content_key = columns["messages"], self._role_key, self._content_key
        annotator = columns.get("annotator")
        besides = "system" in columns or "tools" in columns

        def read(row: Row) -> Turns:
            messages = row.get(column)
            names: list[str] = []
            contents: list[str] = []
            try:
                for message in messages:  # type: ignore[union-attr]
                    names.append(roles[message[role_key]])
                    content = message[content_key]
                    if type(content) is not str or len(message) != 2:
                        raise TypeError
                    contents.append(content)
            except (KeyError, TypeError):
                names, contents = read_messages(messages, column, roles)
            system = join_system(row, columns, names, contents) if besides else contents[0] if names and names[0] == "system" else None
            return names, contents, system, None, annotator_of(row, annotator) if annotator else None

        return read

    def write(self, row: Row | None, new: NewRow, columns: Columns, roles: Roles, like: Row | None = None) -> Row:
        """Return the row with new turns; raises RowError where they cannot be held."""
        if new.rejected is not None:
            raise RowError(f"a row of format {self.name} has no rejected answer")
        column = columns["messages"]
        if row is None:
            return {column: write_messages(None, new.messages, roles, column, None if like is None else like.get(column))}
        names, contents = read_messages(row.get(column), column, roles)
        first = contents[0] if names and names[0] == "system" else None
        given = new.messages
        system = given[0].content if given and given[0].role == "system" else None
        fields, turn = split_system(row, columns, first, system)
        rest = given[1:] if system is not None else given
        lead = () if turn is None else (Message(role="system", content=turn),)
        return {**row, **fields, column: write_messages(row[column], (*lead, *rest), roles, column)}
