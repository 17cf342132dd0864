"""CSV and TSV files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from holdfast.core import InputError
from holdfast.records.containers.container import START, Chunk, Piece, Place, decode_each
from holdfast.records.containers.delimited_records import DelimitedRecord, delimited_records
from holdfast.records.containers.line_cutting import Once, without_bom
from holdfast.records.containers.streams import Bytes, open_bytes
from holdfast.records.formats.format import Row, RowError
from holdfast.records.formats.texts import json_text
from holdfast.records.limits import BATCH_BYTES, BATCH_ROWS, Limits

__all__ = ["Delimited"]


class Delimited:
    """The first record names the columns; a record may hold line breaks inside its quotes."""

    def __init__(self, path: Path, compression: str, limits: Limits, delimiter: str, hasher: Any = None) -> None:
        self.kind = "tsv" if delimiter == "\t" else "csv"
        self._path = path
        self._compression = compression
        self._limits = limits
        self._delimiter = delimiter
        self._hasher = hasher
        self._header: list[str] = []

    def chunks(self, start: Place = START, stop: int | None = None) -> Iterator[Chunk]:
        """Read records from a place on; raises InputError for a quote that is never closed."""
        if start.offset:
            self._read_header()
        with open_bytes(self._path, self._compression, self._limits, offset=start.offset, hasher=self._hasher) as stream:
            offset = start.offset
            if not offset:
                mark, stream = without_bom(stream)
                offset = len(mark)
            batch = _Batch(Place(offset=offset, line=start.line, number=start.number))
            headed = bool(start.offset)
            for record in self._records(stream, start.line):
                if not headed and record.fields != []:
                    headed = True
                    self._header = self._checked(record)
                    batch = batch.following(sum(map(len, record.raw)), len(record.raw))
                    continue
                batch.add(record)
                if batch.full:
                    yield batch.chunk()
                    batch = batch.following()
            if batch.chunk().records or batch.chunk().blank:
                yield batch.chunk()

    def decode(self, chunk: Chunk, only: Sequence[int] | None = None) -> Iterator[tuple[int, Row | RowError]]:
        """Return the fields of each record by column; a record with more or fewer fields than columns is none."""
        return decode_each(chunk, only, self._by_column)

    def _by_column(self, record: list[str]) -> Row:
        if len(record) != len(self._header):
            raise RowError(
                f"expected {len(self._header)} fields as in the header, got {len(record)}; "
                "a field that holds a separator, a quote or a line break must stand in double quotes"
            )
        return dict(zip(self._header, record, strict=True))

    def pieces(self) -> Iterator[Piece]:
        """Return the file in pieces: the header, the records, the blank lines."""
        with open_bytes(self._path, self._compression, self._limits, hasher=self._hasher) as stream:
            mark, stream = without_bom(stream)
            if mark:
                yield Piece(None, mark)
            headed, number = False, 0
            for record in self._records(stream, 1):
                data = b"".join(record.raw)
                if record.fields == [] or not headed:
                    if record.fields != []:
                        headed, self._header = True, self._checked(record)
                    yield Piece(None, data)
                    continue
                yield Piece(number, data)
                number += not record.more

    def parse(self, data: bytes) -> Row:
        """Return the fields of a record by column; raises RowError."""
        record = next(iter(self._records(Once(data), 1)), None)
        if record is None or record.fields is None:
            raise RowError(record.reason if record else "the record is empty")
        return self._by_column(record.fields)

    def encode(self, row: Row, like: bytes | None) -> bytes:
        """Return a row as a record with the quotes and the line end of another; raises RowError for a column that is not there."""
        new = [column for column in row if column not in self._header]
        if new:
            raise RowError(f"the file has no column {new[0]!r}")
        values = ["" if row.get(column) is None else json_text(row[column]) for column in self._header]
        if any("\x00" in value for value in values):
            raise RowError("a NUL byte cannot be written as CSV")
        quoted = like is not None and like.startswith(b'"') and like.rstrip().endswith(b'"')
        out = io.StringIO(newline="")
        # Ended with both, so that the writer quotes a field that holds either.
        writer = csv.writer(out, delimiter=self._delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL, lineterminator="\r\n")
        writer.writerow(values)
        ending = b"\r\n" if like is None or like.endswith(b"\r\n") else b"\n"
        return out.getvalue().removesuffix("\r\n").encode() + ending

    def change(self, data: bytes, old: Row, new: Row) -> bytes:
        """Return a record with `new` in place of `old`; values that stay keep their bytes. Raises RowError."""
        return self.encode(new, data)

    def between(self, like: Piece | None) -> bytes:
        """Records end with their own line feed."""
        return b""

    def _records(self, stream: Bytes, line: int) -> Iterator[DelimitedRecord]:
        return delimited_records(self._path, stream, self._delimiter, self._limits.max_line_bytes, line)

    def _read_header(self) -> None:
        if not self._header:
            next(self.chunks(), None)

    def _checked(self, record: DelimitedRecord) -> list[str]:
        if record.fields is None:
            raise InputError(f"{self._path}:{record.line}: the header cannot be read: {record.reason}.")
        twins = [name for name in record.fields if record.fields.count(name) > 1]
        if twins:
            raise InputError(f"{self._path}:{record.line}: column {twins[0]!r} occurs twice in the header; rename one of them.")
        return list(record.fields)


class _Batch:
    """Records up to the size of a batch."""

    def __init__(self, place: Place) -> None:
        self._records: list[list[str] | None] = []
        self._lines: list[int] = []
        self._chunk = Chunk(place, self._records, self._lines)
        self._size = 0
        self._feeds = 0

    def add(self, record: DelimitedRecord) -> None:
        self._size += sum(map(len, record.raw))
        if record.more:
            return
        self._feeds += max(len(record.raw), 1)
        if record.fields == []:
            self._chunk.blank += 1
            return
        if record.fields is None:
            self._chunk.refused[len(self._lines)] = record.reason
        self._records.append(record.fields)
        self._lines.append(record.line)

    @property
    def full(self) -> bool:
        return len(self._lines) >= BATCH_ROWS or self._size >= BATCH_BYTES

    def chunk(self) -> Chunk:
        return self._chunk

    def following(self, size: int = 0, lines: int = 0) -> _Batch:
        """Return the next batch; `size` and `lines` are those of a header that no batch holds."""
        place = self._chunk.place
        return _Batch(
            Place(
                offset=place.offset + self._size + size,
                line=place.line + self._feeds + lines,
                number=place.number + len(self._lines),
            )
        )
