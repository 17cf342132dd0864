"""Files that are one JSON list of rows, or an object that holds one, read row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from holdfast.core import InputError
from holdfast.records.containers.container import START, Chunk, Piece, Place
from holdfast.records.containers.json_scan import Kind, ListScanner
from holdfast.records.containers.json_text import change_json, decode_json, decode_rows, encode_json
from holdfast.records.containers.line_cutting import too_long
from holdfast.records.containers.streams import Bytes, open_bytes
from holdfast.records.formats.format import Row, RowError
from holdfast.records.limits import BATCH_BYTES, BATCH_ROWS, BLOCK, Limits

__all__ = ["JsonList"]

_BLANK = b" \t\r\n"
_SECOND_LIST = re.compile(rb'[ \t\r\n]*,[ \t\r\n]*"([^"\\]{1,60})"[ \t\r\n]*:[ \t\r\n]*\[[ \t\r\n]*\{')
_BESIDE = 1 << 12
_SLACK = 1 << 16
"""Blank space round a row that does not count towards its length."""


class JsonList:
    """The rows are the elements of a list; `head` is the number of bytes up to its opening bracket, with it.

    `wrapped` says that the list stands in an object, so that the file goes on after it. In a file that is written without line
    breaks, as most programs write one, a row's line is its number: else all rows would have one place.
    """

    kind = "json"

    def __init__(self, path: Path, compression: str, limits: Limits, head: int, wrapped: bool, hasher: Any = None) -> None:
        self._path = path
        self._compression = compression
        self._limits = limits
        self._head = head
        self._wrapped = wrapped
        self._hasher = hasher

    def decode(self, chunk: Chunk, only: Sequence[int] | None = None) -> Iterator[tuple[int, Row | RowError]]:
        """Return the object of each element."""
        return decode_rows(chunk, only)

    def parse(self, data: bytes) -> Row:
        """Return the object of an element; raises RowError."""
        return decode_json(data)

    def encode(self, row: Row, like: bytes | None) -> bytes:
        """Return a row as an element in the style of another; raises RowError."""
        return encode_json(row, like)

    def change(self, data: bytes, old: Row, new: Row) -> bytes:
        """Return a record with `new` in place of `old`; values that stay keep their bytes. Raises RowError."""
        return change_json(data, old, new) or self.encode(new, data)

    def chunks(self, start: Place = START, stop: int | None = None) -> Iterator[Chunk]:
        """Read elements from a place on; raises InputError where the list does not end as it should."""
        numbered = not self._has_lines()
        batch = _Batch(self._limits.max_line_bytes, numbered=numbered)
        for element in self._elements(start):
            batch.add(element)
            if batch.full:
                yield from batch.chunks()
                batch = _Batch(self._limits.max_line_bytes, numbered=numbered)
        yield from batch.chunks()

    def pieces(self) -> Iterator[Piece]:
        """Return the file in pieces; what parts an element from the one before stands in `before`."""
        with open_bytes(self._path, self._compression, self._limits, hasher=self._hasher) as stream:
            yield Piece(None, stream.read(self._head))
            yield from _pieces(stream)

    def between(self, like: Piece | None) -> bytes:
        """Return a comma with the blank space that stands before the last element."""
        if like is None:
            return b""
        return like.before if b"," in like.before else b"," + (like.before or b" ")

    def _has_lines(self) -> bool:
        """Return whether there is a line break among the first elements, wherever reading starts."""
        with open_bytes(self._path, self._compression, self._limits) as stream:
            stream.read(self._head)
            return b"\n" in stream.read(BLOCK).rstrip(_BLANK)

    def _elements(self, start: Place) -> Iterator[_Element]:
        offset, line = start.offset or self._head, start.line
        with open_bytes(self._path, self._compression, self._limits, offset=start.offset, hasher=self._hasher) as stream:
            if not start.offset:
                line += stream.read(self._head).count(b"\n")
            element = _Element(offset, line, start.number)
            for token in ListScanner().scan(stream):
                if token.kind is Kind.ELEMENT:
                    element.add(token.data, self._limits.max_line_bytes)
                elif token.kind is Kind.COMMA:
                    yield element
                    element = element.following()
                else:
                    if element.number or element.data.strip(_BLANK):
                        yield element
                    self._check_end(token.data, stream)
                    return
        raise InputError(
            f"{self._path}:{element.line}: expected a JSON list of rows, and the file ends inside of it: it was cut short, or a bracket "
            "or a quote is not closed. Every trainer refuses it as it is."
        )

    def _check_end(self, tail: bytes, stream: Bytes) -> None:
        """Read to the end of the file: nothing but blank space may follow a bare list, and no second list of rows one in an object."""
        rest = tail[1:] + (stream.read(_BESIDE) if self._wrapped else b"")
        second = _SECOND_LIST.match(rest) if self._wrapped else None
        if second is not None:
            name = second[1].decode("utf-8", "replace")
            raise InputError(f"{self._path}: the file holds a second list of rows, under {name!r}. Put each list in a file of its own.")
        while rest or (rest := stream.read(BLOCK)):
            if not self._wrapped and rest.strip(_BLANK):
                raise InputError(f"{self._path}: the file goes on after its list of rows has ended. Every trainer refuses it as it is.")
            rest = b""


class _Element:
    """One element as its bytes come in; bytes over the limit are counted and not held."""

    def __init__(self, offset: int, line: int, number: int) -> None:
        self.offset = offset
        self.line = line
        self.number = number
        self.size = 0
        self._parts: list[bytes] = []
        self._lines = 0

    def add(self, data: bytes, limit: int) -> None:
        self.size += len(data)
        self._lines += data.count(b"\n")
        if self.size <= limit + _SLACK:
            self._parts.append(data)
        elif self._parts:
            self._parts = self._parts[:1]

    def following(self) -> _Element:
        return _Element(self.offset + self.size + 1, self.line + self._lines, self.number + 1)

    @property
    def data(self) -> bytes:
        return b"".join(self._parts)


class _Batch:
    """Elements up to the size of a batch."""

    def __init__(self, limit: int, *, numbered: bool) -> None:
        self._limit = limit
        self._numbered = numbered
        self._place: Place | None = None
        self._records: list[bytes | None] = []
        self._lines: list[int] = []
        self._refused: dict[int, str] = {}
        self._size = 0

    def add(self, element: _Element) -> None:
        if self._place is None:
            self._place = Place(offset=element.offset, line=element.line, number=element.number)
        data = element.data
        record = data.strip(_BLANK)
        lead = len(data) - len(data.lstrip(_BLANK))
        self._lines.append(element.number + 1 if self._numbered else element.line + data.count(b"\n", 0, lead))
        self._size += element.size
        if element.size > len(data) or len(record) > self._limit:
            self._refuse(too_long(self._limit))
        elif not record:
            self._refuse("nothing stands between two commas")
        else:
            self._records.append(record)

    def _refuse(self, reason: str) -> None:
        self._refused[len(self._records)] = reason
        self._records.append(None)

    @property
    def full(self) -> bool:
        return len(self._records) >= BATCH_ROWS or self._size >= BATCH_BYTES

    def chunks(self) -> Iterator[Chunk]:
        """Yield what was added, where there is anything."""
        if self._place is not None:
            yield Chunk(self._place, self._records, self._lines, self._refused)


def _pieces(stream: Bytes) -> Iterator[Piece]:
    """Cut a list into its elements and what parts them; `before` of an element holds the comma and all blank space."""
    number, before, begun = 0, b"", False
    for token in ListScanner().scan(stream):
        if token.kind is Kind.ELEMENT:
            data = token.data if begun else token.data.lstrip(_BLANK)
            before += token.data[: len(token.data) - len(data)]
            body = data.rstrip(_BLANK)
            if body:
                yield Piece(number, before + body, b"") if begun else Piece(number, body, before)
                begun, before = True, data[len(body) :]
            elif begun:
                before += data
        elif token.kind is Kind.COMMA:
            if not begun:
                yield Piece(number, b"", before)
                before = b""
            number, begun, before = number + 1, False, before + token.data
        else:
            if number and not begun:
                yield Piece(number, b"", before)
                before = b""
            yield Piece(None, before + token.data, tail=True)
    while data := stream.read(BLOCK):
        yield Piece(None, data, tail=True)
