"""Tables written back: parquet files, and rows that were given in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.core import InputError
from holdfast.records.containers.json_text import encode_json
from holdfast.records.containers.tables import rows_of
from holdfast.records.files import SourceFile
from holdfast.records.formats.format import Row, RowError
from holdfast.records.limits import BATCH_ROWS
from holdfast.records.rewriting import Edits

__all__ = ["write_table"]

_GROUP_BYTES = 128 << 20
"""A row group is written once it takes this much, so that memory does not follow the source's groups."""


def write_table(file: SourceFile, target: Path, first: int, edits: Edits) -> None:
    """Write rows with edits: parquet as parquet, a `datasets.Dataset` as the folder that it saves, a list as JSON Lines."""
    try:
        if file.path is not None:
            _write_parquet(file, target, first, edits)
        elif isinstance(file.held, list):
            _write_list(file, target, first, edits)
        elif isinstance(file.held, pa.Table):
            pq.write_table(_edited(file.held, first, file, edits, last=True), target)
        else:
            _write_dataset(file, target, first, edits)
    except (pa.ArrowException, TypeError) as error:
        raise InputError(f"{file.source}: a new row does not fit the columns ({str(error).partition(chr(10))[0]}).") from error


def _write_parquet(file: SourceFile, target: Path, first: int, edits: Edits) -> None:
    assert file.path is not None
    file.check()
    with pq.ParquetFile(file.path) as source:
        schema, meta = source.schema_arrow, source.metadata
        packed = {}
        if meta.num_row_groups:
            chunks = [meta.row_group(0).column(index) for index in range(meta.num_columns)]
            packed = {chunk.path_in_schema: chunk.compression for chunk in chunks}
        with pq.ParquetWriter(target, schema, compression=packed or "snappy") as writer:
            last: Row | None = None
            for table in _groups(source):
                edited = _edited(table, first, file, edits, last=False)
                first += table.num_rows
                last = rows_of(table.slice(table.num_rows - 1))[0] if table.num_rows else last
                writer.write_table(edited.cast(schema))
            extra = edits.new_rows(file, last)
            if extra:
                writer.write_table(_table_of(extra, schema))
    file.check()


def _groups(source: pq.ParquetFile) -> Iterator[pa.Table]:
    for group in range(source.metadata.num_row_groups):
        held: list[pa.RecordBatch] = []
        size = 0
        for batch in source.iter_batches(batch_size=BATCH_ROWS, row_groups=[group], use_threads=False):
            held.append(batch)
            size += batch.nbytes
            if size >= _GROUP_BYTES:
                yield pa.Table.from_batches(held)
                held, size = [], 0
        if held:
            yield pa.Table.from_batches(held)


def _edited(table: pa.Table, first: int, file: SourceFile, edits: Edits, *, last: bool) -> pa.Table:
    """Return the rows of a table that stay, changed ones in their new form, and the added rows where it is the last."""
    order, new = _order(table, table.num_rows, first, file, edits)
    if last:
        extra = edits.new_rows(file, rows_of(table.slice(table.num_rows - 1))[0] if table.num_rows else None)
        order += range(table.num_rows + len(new), table.num_rows + len(new) + len(extra))
        new += extra
    if not new and len(order) == table.num_rows:
        return table
    return pa.concat_tables([table, _table_of(new, table.schema)]).take(pa.array(order, pa.int64()))


def _order(table: Any, rows: int, first: int, file: SourceFile, edits: Edits) -> tuple[list[int], list[Row]]:
    """Return the index of each row that stays, counting changed rows on from the end of the table, and those rows."""
    order: list[int] = []
    new: list[Row] = []
    for index in range(rows):
        number = first + index
        kept = edits.keeps(number)
        if kept and number not in edits.replace:
            order.append(index)
        if number not in edits.after and not (kept and number in edits.replace):
            continue
        old = rows_of(table.slice(index, 1))[0] if isinstance(table, pa.Table) else dict(table[index])
        added = [edits.changed(number, old, file)] if kept and number in edits.replace else []
        added += edits.rows_after(number, file, old)
        order += range(rows + len(new), rows + len(new) + len(added))
        new += added
    return order, new


def _table_of(rows: list[Row], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=schema)


def _write_dataset(file: SourceFile, target: Path, first: int, edits: Edits) -> None:
    from datasets import Dataset, concatenate_datasets

    held = file.held
    order, new = _order(held, len(held), first, file, edits)
    extra = edits.new_rows(file, dict(held[len(held) - 1]) if len(held) else None)
    order += range(len(held) + len(new), len(held) + len(new) + len(extra))
    new += extra
    if new:
        names = held.column_names
        full = [{name: row.get(name) for name in names} for row in new]
        held = concatenate_datasets([held, Dataset.from_list(full, features=held.features)])
    held.select(order).save_to_disk(str(target))


def _write_list(file: SourceFile, target: Path, first: int, edits: Edits) -> None:
    rows = file.held
    with target.open("wb") as out:
        for index, row in enumerate(rows):
            number = first + index
            kept = edits.keeps(number)
            try:
                if kept:
                    out.write(encode_json(edits.changed(number, row, file) if number in edits.replace else row, None) + b"\n")
                for new in edits.rows_after(number, file, row):
                    out.write(encode_json(new, None) + b"\n")
            except RowError as error:
                raise InputError(f"row {number} of {file.source} cannot be written as JSON: {error}.") from error
        for row in edits.new_rows(file, rows[-1] if rows else None):
            out.write(encode_json(row, None) + b"\n")
    file.counted(len(rows))
