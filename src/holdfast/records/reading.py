"""Chunks of records to Arrow tables of schema ROWS: the inner loop of every scan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.records.bad_rows import BadRow
from holdfast.records.containers.container import Chunk, Container
from holdfast.records.containers.json_text import decode_json
from holdfast.records.containers.lines import JsonLines
from holdfast.records.formats.detecting import match_row, transcript_in
from holdfast.records.formats.format import Columns, Detected, Roles, Row, RowError, RowReader
from holdfast.records.formats.text import TEXT
from holdfast.records.formats.transcript import TRANSCRIPT, MarkedReader
from holdfast.records.formats.turn_lists import TurnList
from holdfast.records.plain_turns import FEWEST, PlainTurns, plain_turns
from holdfast.records.schema import ROWS
from holdfast.records.unread import columns_besides, unread_in

__all__ = ["Reading", "read_chunk"]

_MOST_SHAPES = 1024
_TURN = pa.struct([("role", pa.string()), ("content", pa.string())])
_Known: TypeAlias = tuple[str, RowReader, tuple[tuple[str, str], ...], MarkedReader | None]


class Reading:
    """How the rows of one file are read: each by the format that its columns tell, told once per set of columns.

    A format is told by the names of the columns, a transcript by its own text too, and neither by the rows before, so that a file
    read in parts reads the same.
    """

    def __init__(self, detected: Detected, roles: Roles, *, named: str | None, mapped: Columns) -> None:
        self._detected = detected
        self._roles = roles
        self._named = named
        self._mapped = mapped
        self._known: dict[tuple[Any, ...], _Known] = {}
        self._all_plain = True

    def plain(self, chunk: Chunk, container: Container, only: Sequence[int] | None) -> tuple[str, PlainTurns] | None:
        """Return the name of the format and the turns of a chunk where all its rows are plain turns, else None.

        It is not tried again after a chunk that was not plain.
        """
        if not self._all_plain or container.kind != JsonLines.kind or chunk.refused or not len(chunk.records):
            return None
        records = chunk.records if only is None else [chunk.records[index] for index in only]
        found = self._plain_in(records)
        self._all_plain = found is not None or len(records) < FEWEST
        return found

    def _plain_in(self, records: Sequence[bytes]) -> tuple[str, PlainTurns] | None:
        if len(records) < FEWEST:
            return None
        try:
            row = decode_json(records[0])
            matched = match_row(row, named=self._named, mapped=self._mapped)
        except RowError:
            return None
        format_, columns = matched or (None, {})
        if len(row) != 1 or not isinstance(format_, TurnList):
            return None
        turns = plain_turns(records, format_.plain_keys(columns), self._roles)
        return None if turns is None else (format_.name, turns)

    def reader(self, row: Row) -> _Known:
        """Return the name of a row's format, its reader, the columns that it does not read, and what reads it if it is a transcript.

        Raises RowError for no known format.
        """
        shape = (*row, type(row["label"]) if "label" in row else None)
        found = self._known.get(shape)
        if found is None:
            found = self._tell(row)
            if len(self._known) < _MOST_SHAPES:
                self._known[shape] = found
        return found

    def _tell(self, row: Row) -> _Known:
        matched = match_row(row, named=self._named, mapped=self._mapped)
        if matched is not None:
            format_, columns = matched
            transcript = transcript_in(matched, self._detected, named=self._named, mapped=self._mapped)
            marked = transcript[0].marked(transcript[1], self._roles) if transcript is not None else None
            if format_ is TRANSCRIPT:
                format_ = TEXT
            return format_.name, format_.reader(columns, self._roles), columns_besides(row, columns.values()), marked
        missing = sorted(set(self._detected.columns.values()) - set(row))
        if missing:
            raise RowError(f"column {missing[0]!r} of format {self._detected.format} is missing, and the row is of no other known format")
        raise RowError(f"the columns are there, and what they hold is not of format {self._detected.format}")


def read_chunk(
    chunk: Chunk, container: Container, reading: Reading, *, first: int, source: str, only: Sequence[int] | None = None
) -> tuple[pa.Table, list[BadRow]]:
    """Return the rows of a chunk, and those that cannot be read; `first` is the set's number of the file's first row.

    `only` names the records to read by their index in the chunk; None reads all.
    """
    number = first + chunk.place.number
    plain = reading.plain(chunk, container, only)
    if plain is not None:
        return _plain_table(plain[0], plain[1], chunk.lines, only, number, source), []
    columns = _Lists()
    refused = columns.fill(chunk, container, reading, only)
    try:
        table = columns.table(number, source)
    except UnicodeEncodeError:
        # Half a surrogate pair: JSON may write it, and no file of text can hold it.
        columns = _Lists()
        refused = columns.fill(chunk, container, reading, only, check_text=True)
        table = columns.table(number, source)
    bad = [BadRow(row=number + index, source=source, line=chunk.lines[index], reason=reason) for index, reason in refused]
    return table, bad


def _plain_table(name: str, turns: PlainTurns, lines: Sequence[int], only: Sequence[int] | None, number: int, source: str) -> pa.Table:
    count = len(turns.system)
    index = np.arange(count) if only is None else np.array(only, dtype=np.int64)
    own = lines if only is None else [lines[place] for place in only]
    nothing = pa.nulls(count, pa.string())
    columns = [
        pa.array(index + number),
        pa.repeat(pa.scalar(source, pa.string()), count),
        pa.array(np.fromiter(own, np.int64, count)),
        pa.repeat(pa.scalar(name, pa.string()), count),
        pa.ListArray.from_arrays(turns.offsets, pa.StructArray.from_arrays([turns.roles, turns.contents], fields=list(_TURN))),
        turns.system,
        turns.request,
        turns.answer,
        nothing,
        pc.binary_join(pa.ListArray.from_arrays(turns.offsets, turns.contents), "\n"),
        nothing,
        pa.nulls(count, ROWS.field("unread").type),
    ]
    return pa.Table.from_arrays(columns, schema=ROWS)


class _Lists:
    """The columns of a batch as Python lists, filled row by row and turned into Arrow at once."""

    def __init__(self) -> None:
        self.index: list[int] = []
        self.lines: list[int] = []
        self.formats: list[str] = []
        self.roles: list[str] = []
        self.contents: list[str] = []
        self.offsets: list[int] = [0]
        self.system: list[str | None] = []
        self.request: list[str | None] = []
        self.answer: list[str | None] = []
        self.rejected: list[str | None] = []
        self.annotator: list[str | None] = []
        self.unread: dict[int, list[str]] = {}

    def fill(
        self, chunk: Chunk, container: Container, reading: Reading, only: Sequence[int] | None, *, check_text: bool = False
    ) -> list[tuple[int, str]]:
        """Read all records; returns (index, reason) of those that cannot be read."""
        bad: list[tuple[int, str]] = []
        reader, lines = reading.reader, chunk.lines
        for index, row in container.decode(chunk, only):
            try:
                if isinstance(row, RowError):
                    raise row
                name, read, besides, marked = reader(row)
                if marked is None or (found := marked(row)) is None:
                    roles, contents, system, rejected, annotator = read(row)
                else:
                    name = TRANSCRIPT.name
                    roles, contents, system, rejected, annotator = found
                if check_text:
                    _check_text((*contents, system, rejected, annotator))
            except RowError as error:
                bad.append((index, str(error)))
                continue
            if len(roles) > 1 and roles[-1] == "assistant" and roles[-2] == "user":
                self.request.append(contents[-2])
                self.answer.append(contents[-1])
            else:
                request, answer = _last_two(roles, contents)
                self.request.append(request)
                self.answer.append(answer)
            self.index.append(index)
            self.lines.append(lines[index])
            self.formats.append(name)
            self.roles += roles
            self.contents += contents
            self.offsets.append(len(self.roles))
            self.system.append(system)
            self.rejected.append(rejected)
            self.annotator.append(annotator)
            if besides and (unread := unread_in(row, besides, (*contents, system, rejected))):
                self.unread[len(self.index) - 1] = unread
        return bad

    def table(self, number: int, source: str) -> pa.Table:
        """Return the table; raises UnicodeEncodeError where a text is no Unicode."""
        rows = pa.array(self.index, pa.int64())
        contents = pa.array(self.contents, pa.string())
        offsets = pa.array(self.offsets, pa.int32())
        turns = pa.StructArray.from_arrays([pa.array(self.roles, pa.string()), contents], fields=list(_TURN))
        columns = [
            pc.add(rows, number),
            pa.repeat(pa.scalar(source, pa.string()), len(self.index)),
            pa.array(self.lines, pa.int64()),
            pa.array(self.formats, pa.string()),
            pa.ListArray.from_arrays(offsets, turns),
            pa.array(self.system, pa.string()),
            pa.array(self.request, pa.string()),
            pa.array(self.answer, pa.string()),
            pa.array(self.rejected, pa.string()),
            pc.binary_join(pa.ListArray.from_arrays(offsets, contents), "\n"),
            pa.array(self.annotator, pa.string()),
            self._unread(),
        ]
        return pa.Table.from_arrays(columns, schema=ROWS)

    def _unread(self) -> pa.Array:
        kind = ROWS.field("unread").type
        rows = len(self.index)
        return pa.array([self.unread.get(row) for row in range(rows)], kind) if self.unread else pa.nulls(rows, kind)


def _last_two(roles: list[str], contents: list[str]) -> tuple[str | None, str | None]:
    """Return the last user turn before the answer, and the answer: the last turn of the assistant."""
    end = len(roles) - 1
    while end >= 0 and roles[end] != "assistant":
        end -= 1
    answer = contents[end] if end >= 0 else None
    asked = (end if end >= 0 else len(roles)) - 1
    while asked >= 0 and roles[asked] != "user":
        asked -= 1
    return (contents[asked] if asked >= 0 else None), answer


def _check_text(texts: tuple[str | None, ...]) -> None:
    for text in texts:
        if text is not None and not text.isascii():
            try:
                text.encode("utf-8")
            except UnicodeEncodeError:
                raise RowError("a text holds half of a surrogate pair, which is no Unicode") from None
