"""Files with one record per line: JSON Lines and plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from holdfast.records.containers.container import START, Chunk, Piece, Place, decode_each
from holdfast.records.containers.json_text import change_json, decode_json, decode_rows, encode_json
from holdfast.records.containers.line_cutting import LinesFound, Ranged, too_long, whole_lines, without_bom
from holdfast.records.containers.streams import Bytes, open_bytes
from holdfast.records.formats.format import Row, RowError
from holdfast.records.limits import BATCH_BYTES, BATCH_ROWS, Limits

__all__ = ["JsonLines", "TextLines"]


class _Lines:
    """Cuts a file at its line feeds; a line that is too long is read past in blocks and refused."""

    kind = "lines"

    def __init__(self, path: Path, compression: str, limits: Limits, hasher: Any = None) -> None:
        self._path = path
        self._compression = compression
        self._limits = limits
        self._hasher = hasher

    def chunks(self, start: Place = START, stop: int | None = None) -> Iterator[Chunk]:
        """Read lines from a place on; a blank line is counted and is no record."""
        with open_bytes(self._path, self._compression, self._limits, offset=start.offset, hasher=self._hasher) as stream:
            if stop is not None:
                stream = Ranged(stream, stop - start.offset)
            if start.offset == 0:
                mark, stream = without_bom(stream)
                start = Place(offset=len(mark))
            yield from _Cutter(start, self._limits.max_line_bytes).chunks(stream)

    def skim(self, start: Place = START) -> Iterator[Chunk]:
        """Read the same lines in other chunks, whose records are cut only when they are asked for: for a few rows of many."""
        with open_bytes(self._path, self._compression, self._limits, offset=start.offset) as stream:
            if start.offset == 0:
                mark, stream = without_bom(stream)
                start = Place(offset=len(mark))
            yield from _Skimmer(start, self._limits.max_line_bytes).chunks(stream)

    def pieces(self) -> Iterator[Piece]:
        """Return every line as it stands, with the line feed that ends it."""
        with open_bytes(self._path, self._compression, self._limits, hasher=self._hasher) as stream:
            mark, stream = without_bom(stream)
            if mark:
                yield Piece(None, mark)
            yield from _pieces(stream, self._limits.max_line_bytes)

    def between(self, like: Piece | None) -> bytes:
        """Lines end with their own line feed."""
        return b""


class JsonLines(_Lines):
    """One JSON object per line."""

    kind = "jsonl"

    def decode(self, chunk: Chunk, only: Sequence[int] | None = None) -> Iterator[tuple[int, Row | RowError]]:
        """Return the object of each line."""
        return decode_rows(chunk, only)

    def parse(self, data: bytes) -> Row:
        """Return the object of a line with its line feed; raises RowError."""
        return decode_json(data)

    def encode(self, row: Row, like: bytes | None) -> bytes:
        """Return a row as one line in the style of another; raises RowError."""
        return encode_json(row, None if like is None else like.strip()) + _ending(like)

    def change(self, data: bytes, old: Row, new: Row) -> bytes:
        """Return a record with `new` in place of `old`; values that stay keep their bytes. Raises RowError."""
        return change_json(data, old, new) or self.encode(new, data)


class TextLines(_Lines):
    """One text per line."""

    kind = "txt"

    def decode(self, chunk: Chunk, only: Sequence[int] | None = None) -> Iterator[tuple[int, Row | RowError]]:
        """Return each line as column `text`; what is no UTF-8 text is none."""
        return decode_each(chunk, only, _text_row)

    def parse(self, data: bytes) -> Row:
        """Return a line with its line feed as column `text`; raises RowError."""
        return _text_row(data.removesuffix(b"\n"))

    def encode(self, row: Row, like: bytes | None) -> bytes:
        """Return a text as one line; raises RowError where it has several or none."""
        text = row["text"]
        if not isinstance(text, str) or "\n" in text or not text.strip():
            raise RowError("a file of plain text holds one line per row, and the new text is none")
        return text.encode() + _ending(like)

    def change(self, data: bytes, old: Row, new: Row) -> bytes:
        """Return a record with `new` in place of `old`; values that stay keep their bytes. Raises RowError."""
        return self.encode(new, data)


def _text_row(line: bytes) -> Row:
    try:
        text = line.removesuffix(b"\r").decode("utf-8")
    except UnicodeDecodeError as error:
        raise RowError(f"invalid UTF-8 at byte {error.start + 1} of the row") from None
    if "\x00" in text:
        raise RowError("a NUL byte")
    return {"text": text}


def _ending(like: bytes | None) -> bytes:
    return b"\r\n" if like is not None and like.endswith(b"\r\n") else b"\n"


class _Cutter:
    """One pass over a stream in batches; keeps its place, so that a batch can be read again."""

    def __init__(self, start: Place, limit: int) -> None:
        self._limit = limit
        self._offset = start.offset
        self._line = start.line
        self._number = start.number
        self._lines: list[bytes] = []
        self._size = 0

    def chunks(self, stream: Bytes) -> Iterator[Chunk]:
        size, blank = 0, True
        for data, long, ends in whole_lines(stream, self._limit):
            if not long:
                yield from self._take(data)
                continue
            yield from self._rest()
            size, blank = size + len(data), blank and (not data or data.isspace())
            if ends:
                yield self._long(size, blank)
                size, blank = 0, True
        yield from self._rest()

    def _take(self, data: bytes) -> Iterator[Chunk]:
        """Take whole lines; yields the chunks that they fill."""
        self._lines += data.removesuffix(b"\n").split(b"\n")
        self._size += len(data)
        yield from self._full()

    def _full(self) -> Iterator[Chunk]:
        """Yield the batches that are full, by rows or by bytes."""
        lines, at = self._lines, 0
        while len(lines) - at >= BATCH_ROWS or self._size >= BATCH_BYTES:
            batch = lines[at : at + BATCH_ROWS]
            size = sum(map(len, batch)) + len(batch)
            if size > BATCH_BYTES:
                size = end = 0
                while size < BATCH_BYTES and end < len(batch):
                    size += len(batch[end]) + 1
                    end += 1
                batch = batch[:end]
            at += len(batch)
            self._size -= size
            yield self._chunk(batch, size)
        self._lines = lines[at:]

    def _rest(self) -> Iterator[Chunk]:
        if self._lines:
            lines, self._lines = self._lines, []
            size, self._size = self._size, 0
            yield self._chunk(lines, size)

    def _chunk(self, lines: list[bytes], size: int) -> Chunk:
        place = Place(offset=self._offset, line=self._line, number=self._number)
        records: list[bytes | None] = [line for line in lines if line and not line.isspace()]
        numbers: Sequence[int] = range(self._line, self._line + len(lines))
        if len(records) != len(lines):
            numbers = [number for number, line in zip(numbers, lines, strict=True) if line and not line.isspace()]
        chunk = Chunk(place, records, numbers, blank=len(lines) - len(records))
        if size > self._limit:
            for index, record in enumerate(records):
                if record is not None and len(record) > self._limit:
                    records[index] = None
                    chunk.refused[index] = too_long(self._limit)
        self._offset += size
        self._line += len(lines)
        self._number += len(records)
        return chunk

    def _long(self, size: int, blank: bool) -> Chunk:
        place = Place(offset=self._offset, line=self._line, number=self._number)
        self._offset += size
        self._line += 1
        if blank:
            return Chunk(place, [], [], blank=1)
        self._number += 1
        return Chunk(place, [None], [place.line], {0: too_long(self._limit)})


class _Skimmer(_Cutter):
    """One pass in which each block of whole lines is a chunk, whose lines are found and not yet cut."""

    def _take(self, data: bytes) -> Iterator[Chunk]:
        found = LinesFound(data)
        place = Place(offset=self._offset, line=self._line, number=self._number)
        numbers = [self._line + index for index in found.filled.tolist()] if found.blank else range(self._line, self._line + len(found))
        refused = dict.fromkeys(found.longer_than(self._limit), too_long(self._limit))
        self._offset += len(data)
        self._line += len(found) + found.blank
        self._number += len(found)
        yield Chunk(place, found, numbers, refused, blank=found.blank)


def _pieces(stream: Bytes, limit: int) -> Iterator[Piece]:
    number = 0
    seen = False
    for data, long, ends in whole_lines(stream, limit):
        if long:
            seen = seen or bool(data and not data.isspace())
            yield Piece(number if seen else None, data)
            number, seen = (number + seen, False) if ends else (number, seen)
            continue
        *lines, last = data.split(b"\n")
        for line in (*(line + b"\n" for line in lines), *([last] if last else ())):
            blank = line.isspace()
            yield Piece(None if blank else number, line)
            number += not blank
