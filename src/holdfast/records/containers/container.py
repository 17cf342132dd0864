"""What a container is: a file cut into records, in order, with the place of each, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from holdfast.core import Value
from holdfast.records.formats.format import Row, RowError

__all__ = ["START", "Chunk", "Container", "Piece", "Place", "TextContainer", "decode_each"]


class Place(Value, frozen=True, kw_only=True):
    """Where a record starts, enough to go on reading from there."""

    offset: int = 0
    """Bytes into the (expanded) file; for tables the number of the row."""
    line: int = 1
    """1-based line."""
    number: int = 0
    """Records of the file before this one, 0-based number of this one."""


START = Place()


@dataclass(slots=True)
class Chunk:
    """Some records that follow each other. One per batch, so it is a plain class."""

    place: Place
    records: Sequence[Any]
    """One per record, as its container's `decode` takes it."""
    lines: Sequence[int]
    """1-based line of each record, or its row number where the container has no lines."""
    refused: dict[int, str] = field(default_factory=dict)
    """Index of a record that the container itself could not take, with the reason."""
    blank: int = 0
    """Blank lines among them, which are no records."""


class Container(Protocol):
    """One file as records."""

    kind: str

    def chunks(self, start: Place = START, stop: int | None = None) -> Iterator[Chunk]:
        """Read records from a place on, up to the offset `stop`; raises InputError for what no row can be blamed for."""
        ...

    def decode(self, chunk: Chunk, only: Sequence[int] | None = None) -> Iterator[tuple[int, Row | RowError]]:
        """Return the records of a chunk as column to value, each with its index, or the reason why one is none.

        `only` names the records by their index; None takes all.
        """
        ...


def decode_each(chunk: Chunk, only: Sequence[int] | None, one: Callable[[Any], Row]) -> Iterator[tuple[int, Row | RowError]]:
    """Decode the records of a chunk one by one with `one`, which raises RowError."""
    refused = chunk.refused
    for index in range(len(chunk.records)) if only is None else only:
        if index in refused:
            yield index, RowError(refused[index])
            continue
        try:
            row = one(chunk.records[index])
        except RowError as error:
            yield index, error
        else:
            yield index, row


@dataclass(slots=True)
class Piece:
    """A stretch of a text file as it stands; all pieces together are the file."""

    number: int | None
    """The record it belongs to; None for what belongs to none: a header, a blank line, the end of a list."""
    data: bytes
    before: bytes = b""
    """What parts the record from the one before it, where the container has separators."""
    tail: bool = False
    """Comes after the last record: new records go in front of it."""


class TextContainer(Container, Protocol):
    """A container whose records are stretches of bytes, so that the others stay as they are when one changes."""

    def pieces(self) -> Iterator[Piece]:
        """Return the whole file in pieces, each of bounded size: a record that is too long comes in several."""
        ...

    def parse(self, data: bytes) -> Row:
        """Return the row of a whole record as `pieces` gives it; raises RowError."""
        ...

    def encode(self, row: Row, like: bytes | None) -> bytes:
        """Return a row as a record in the style of `like` (another record of the file), with what ends it; raises RowError."""
        ...

    def change(self, data: bytes, old: Row, new: Row) -> bytes:
        """Return a whole record with `new` in place of `old`, its row; values that stay keep their bytes. Raises RowError."""
        ...

    def between(self, like: Piece | None) -> bytes:
        """Return what parts a new record from the one before it; `like` is the last record of the file."""
        ...
