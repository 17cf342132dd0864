"""Files of text written back: bytes are copied, and only rows that change are encoded again."""

from __future__ import annotations

from pathlib import Path
from typing import IO, cast

from holdfast.core import InputError
from holdfast.records.containers.container import Piece, TextContainer
from holdfast.records.containers.streams import compressing
from holdfast.records.files import SourceFile
from holdfast.records.formats.format import Row, RowError
from holdfast.records.rewriting import Edits

__all__ = ["write_text"]

_MOST_STYLE = 1 << 20
"""A longer row is no model for the style of others."""


def write_text(file: SourceFile, target: Path, first: int, edits: Edits, compression: str) -> None:
    """Copy a file of text with edits; `first` is the number of its first row. Raises InputError."""
    file.check()
    hasher = file.hasher()
    container = cast(TextContainer, file.open(hasher))
    with compressing(target, compression) as out:
        writer = _Writer(file, container, out, first, edits)
        for piece in container.pieces():
            writer.write(piece)
        writer.end()
    file.seen(hasher.hexdigest())
    file.counted(writer.records)


class _Writer:
    """Takes the pieces of a file in order."""

    def __init__(self, file: SourceFile, container: TextContainer, out: IO[bytes], first: int, edits: Edits) -> None:
        self.records = 0
        self._file = file
        self._container = container
        self._out = out
        self._first = first
        self._edits = edits
        self._number: int | None = None
        self._keeps = True
        self._changing: list[bytes] | None = None
        self._first_before: bytes | None = None
        self._style: Piece | None = None
        self._written = False
        self._extra_written = False
        self._done: set[int] = set()
        self._last = b""

    def write(self, piece: Piece) -> None:
        """Copy, change or drop one piece."""
        if piece.number is None:
            self._close()
            if piece.tail:
                self._add_rows()
            self._put(piece.data)
            return
        if piece.number != self._number:
            self._close()
            self._begin(piece)
        if self._changing is not None:
            self._changing.append(piece.data)
        elif self._keeps:
            self._put(piece.data)

    def end(self) -> None:
        """Write what is left: a changed last row and the added rows."""
        self._close()
        self._add_rows()

    def _close(self) -> None:
        """End the row before: write it where it was to change, and what comes right after it."""
        self._finish()
        number = self._first + self.records - 1
        if self.records and number in self._edits.after and number not in self._done:
            self._done.add(number)
            self._put_rows(self._edits.rows_after(number, self._file, self._like()))

    def _begin(self, piece: Piece) -> None:
        self._number = piece.number
        self.records += 1
        number = self._first + self.records - 1
        if self._first_before is None:
            self._first_before = piece.before
        if len(piece.data) <= _MOST_STYLE:
            self._style = piece
        self._keeps = self._edits.keeps(number)
        if self._keeps:
            # Whatever row comes first stands where the first one stood, and no separator comes before it.
            self._put(piece.before if self._written else self._first_before)
            self._written = True
            if number in self._edits.replace:
                self._changing = []

    def _finish(self) -> None:
        """Write the row that was to change, once all of it is there."""
        if self._changing is None:
            return
        data, self._changing = b"".join(self._changing), None
        number = self._first + self.records - 1
        try:
            row = self._container.parse(data)
        except RowError as error:
            raise InputError(f"row {number} of {self._file.source} cannot be replaced, since it cannot be read: {error}.") from error
        changed = self._edits.changed(number, row, self._file)
        try:
            self._put(data if changed == row else self._container.change(data, row, changed))
        except RowError as error:
            raise InputError(f"{self._file.source}: row {number} cannot be replaced: {error}.") from error

    def _add_rows(self) -> None:
        if self._extra_written:
            return
        self._extra_written = True
        self._put_rows(self._edits.new_rows(self._file, self._like()))

    def _put_rows(self, rows: list[Row]) -> None:
        for row in rows:
            before = self._container.between(self._style)
            if not self._written:
                before = self._first_before or b""
            elif not before and self._last and not self._last.endswith(b"\n"):
                before = b"\n"
            data = self._encode(row, None if self._style is None else self._style.data, "a row cannot be added")
            self._put(before + data)
            self._written = True
            if self._style is None:
                self._style = Piece(0, data, before)

    def _like(self) -> Row | None:
        if self._style is None:
            return None
        try:
            return self._container.parse(self._style.data)
        except RowError:
            return None

    def _encode(self, row: Row, like: bytes | None, what: str) -> bytes:
        try:
            return self._container.encode(row, like)
        except RowError as error:
            raise InputError(f"{self._file.source}: {what}: {error}.") from error

    def _put(self, data: bytes) -> None:
        if data:
            self._out.write(data)
            self._last = data
