"""Arrow tables as rows: parquet files and tables in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.core import InputError
from holdfast.records.containers.container import START, Chunk, Place, decode_each
from holdfast.records.formats.format import Row, RowError
from holdfast.records.limits import BATCH_BYTES, BATCH_ROWS, Limits
from holdfast.records.unread import leaves_of_text

__all__ = ["Parquet", "TableRows", "rows_of"]

_STEP = 1024
"""Rows decoded at once: a column of few distinct long values takes little space in a file and much in memory."""


def rows_of(batch: pa.RecordBatch | pa.Table) -> list[Row]:
    """Return the rows of a batch as column to value, nested values as lists and objects."""
    names = batch.schema.names
    columns = [_values(batch.column(index)) for index in range(batch.num_columns)]
    if not columns:
        return [{} for _ in range(batch.num_rows)]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _values(array: Any) -> list[Any]:
    """Return an Arrow array as Python values.

    Nested arrays are taken apart into their flat children first: `to_pylist` makes an object per nested value, several
    times slower.
    """
    if isinstance(array, pa.ChunkedArray):
        return [value for chunk in array.chunks for value in _values(chunk)]
    kind = array.type
    if pa.types.is_struct(kind) and kind.num_fields and array.null_count == 0:
        names = [kind.field(index).name for index in range(kind.num_fields)]
        fields = [_values(child) for child in array.flatten()]
        return [dict(zip(names, values, strict=True)) for values in zip(*fields, strict=True)]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        offsets = array.offsets.to_pylist()
        first = offsets[0]
        inner = _values(array.values[first : offsets[-1]])
        lists: list[Any] = [inner[start - first : end - first] for start, end in pairwise(offsets)]
        if array.null_count:
            lists = [value if valid else None for value, valid in zip(lists, array.is_valid().to_pylist(), strict=True)]
        return lists
    values: list[Any] = array.to_pylist()
    return values


class Parquet:
    """One parquet file; only `columns` are read, and what else may hold text; None reads all."""

    kind = "parquet"

    def __init__(self, path: Path, limits: Limits, columns: list[str] | None = None) -> None:
        self._path = path
        self._limits = limits
        self._columns = columns

    def chunks(self, start: Place = START, stop: int | None = None) -> Iterator[Chunk]:
        """Read rows from a place on; raises InputError where the file is broken or a batch does not fit its bound."""
        try:
            with pq.ParquetFile(self._path) as file:
                names = file.schema_arrow.names
                if len(set(names)) != len(names):
                    raise InputError(f"{self._path}: two columns have the same name; rename one of them.")
                yield from self._chunks(file, start)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{self._path}: cannot be read as parquet ({str(error).partition(chr(10))[0]}).") from error

    def decode(self, chunk: Chunk, only: Sequence[int] | None = None) -> Iterator[tuple[int, Row | RowError]]:
        """Return the rows as they are."""
        return decode_each(chunk, only, _as_it_is)

    @property
    def rows(self) -> int:
        """Number of rows, from the file's own index."""
        try:
            with pq.ParquetFile(self._path) as file:
                return int(file.metadata.num_rows)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{self._path}: cannot be read as parquet ({str(error).partition(chr(10))[0]}).") from error

    def _chunks(self, file: pq.ParquetFile, start: Place) -> Iterator[Chunk]:
        groups = file.metadata.num_row_groups
        first, number = 0, 0
        while first < groups and number + file.metadata.row_group(first).num_rows <= start.number:
            number += file.metadata.row_group(first).num_rows
            first += 1
        expanded, most = 0, self._limits.expanded(self._path.stat().st_size)
        held: list[pa.RecordBatch] = []
        columns = None if self._columns is None else leaves_of_text(file.schema_arrow, self._columns)
        for batch in file.iter_batches(batch_size=_STEP, row_groups=range(first, groups), columns=columns, use_threads=False):
            expanded += batch.nbytes
            if expanded > most:
                raise InputError(
                    f"{self._path}: expands to more than {most:,} bytes, which looks like a zip bomb. "
                    "Where it is none, raise max_expanded_bytes."
                )
            held.append(batch.slice(min(max(start.number - number, 0), batch.num_rows)))
            number += batch.num_rows
            rows = sum(part.num_rows for part in held)
            if rows >= BATCH_ROWS or sum(part.nbytes for part in held) >= BATCH_BYTES:
                yield from _cut(pa.Table.from_batches(held), number - rows)
                held = []
        if held:
            yield from _cut(pa.Table.from_batches(held), number - sum(part.num_rows for part in held))


class TableRows:
    """A table in memory, or a `datasets.Dataset` of which slices are tables."""

    kind = "table"

    def __init__(self, table: Any) -> None:
        self._table = table

    def chunks(self, start: Place = START, stop: int | None = None) -> Iterator[Chunk]:
        """Read rows from a place on."""
        for number in range(start.number, self.rows, BATCH_ROWS):
            yield from _cut(self._slice(number, min(number + BATCH_ROWS, self.rows)), number)

    def decode(self, chunk: Chunk, only: Sequence[int] | None = None) -> Iterator[tuple[int, Row | RowError]]:
        """Return the rows as they are."""
        return decode_each(chunk, only, _as_it_is)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self._table)

    def _slice(self, start: int, end: int) -> pa.Table:
        if isinstance(self._table, pa.Table):
            return self._table.slice(start, end - start)
        return self._table.with_format("arrow")[start:end]


class ListRows:
    """A list of rows in memory."""

    kind = "list"

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows

    def chunks(self, start: Place = START, stop: int | None = None) -> Iterator[Chunk]:
        """Read rows from a place on; what is no object is refused."""
        for number in range(start.number, self.rows, BATCH_ROWS):
            records = self._rows[number : number + BATCH_ROWS]
            refused = {
                index: f"expected an object, got {type(row).__name__}" for index, row in enumerate(records) if not isinstance(row, dict)
            }
            lines = range(number + 1, number + len(records) + 1)
            yield Chunk(Place(offset=number, line=number + 1, number=number), list(records), lines, refused)

    def decode(self, chunk: Chunk, only: Sequence[int] | None = None) -> Iterator[tuple[int, Row | RowError]]:
        """Return the rows as they are."""
        return decode_each(chunk, only, _as_it_is)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self._rows)


def _as_it_is(row: Row) -> Row:
    return row


def _cut(batch: Any, number: int) -> Iterator[Chunk]:
    """Cut a batch so that no chunk takes many more bytes than a batch may."""
    size = max(batch.nbytes // max(batch.num_rows, 1), 1)
    step = max(min(BATCH_BYTES // size, BATCH_ROWS), 1)
    for at in range(0, batch.num_rows, step):
        rows = rows_of(batch.slice(at, step))
        first = number + at
        yield Chunk(Place(offset=first, line=first + 1, number=first), rows, range(first + 1, first + len(rows) + 1))
