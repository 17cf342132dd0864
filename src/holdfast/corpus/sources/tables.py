"""Tables of documents: row groups of parquet files, and rows of data sets of the hub."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from holdfast.core import InputError
from holdfast.corpus.sources.columns import as_strings, batch_of
from holdfast.corpus.sources.named_columns import columns_named, read_column
from holdfast.corpus.sources.opening import BLOCK, filesystem, is_address
from holdfast.corpus.sources.reader import Tally
from holdfast.corpus.sources.shards import Piece
from holdfast.corpus.spec import SourceSpec
from holdfast.records.hub import load_hub

__all__ = ["hub_rows", "open_parquet", "read_hub", "read_parquet"]

_FEWEST, _MOST = 64, 8192


@contextmanager
def open_parquet(file: str) -> Iterator[tuple[parquet.ParquetFile, Any]]:
    """Open a parquet file by path or address, with its stream; raises InputError for a file that is none."""
    try:
        if is_address(file):
            fs, path = filesystem(file)
            stream = fs.open(path, "rb")
        else:
            stream = open(file, "rb")  # noqa: SIM115  # closed below, like that of fsspec
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror or error}).") from error
    with stream:
        try:
            yield parquet.ParquetFile(stream), stream
        except pa.ArrowInvalid as error:
            raise InputError(f"{file}: expected a parquet file, got something else ({error}).") from error


def read_parquet(piece: Piece, source: SourceSpec, tally: Tally) -> Iterator[pa.RecordBatch]:
    """Yield the documents of a piece's row groups; `tally.sha256` is over their bytes."""
    with open_parquet(piece.file) as (file, stream):
        groups = list(range(piece.start, file.num_row_groups if piece.stop is None else piece.stop))
        columns = _columns(source, file.schema_arrow.names, piece.name)
        before = 0
        for group in groups:
            meta = file.metadata.row_group(group)
            each = max(meta.total_byte_size // max(meta.num_rows, 1), 1)
            size = int(min(max(BLOCK // each, _FEWEST), _MOST))
            for batch in file.iter_batches(batch_size=size, row_groups=[group], columns=sorted(set(columns.values()))):
                made = _batch(batch, columns, before, tally)
                tally.rows, before = tally.rows + batch.num_rows, before + batch.num_rows
                if made.num_rows:
                    yield made
        tally.lines = before
        tally.sha256 = _digest(file, groups, stream)


def read_hub(piece: Piece, source: SourceSpec, tally: Tally) -> Iterator[pa.RecordBatch]:
    """Yield the documents of a stretch of a hub data set's rows."""
    data = hub_rows(piece.file)
    columns = _columns(source, data.column_names, piece.name)
    stop = len(data) if piece.stop is None else piece.stop
    hasher, before = hashlib.sha256(piece.stamp.encode()), 0
    for start in range(piece.start, stop, _MOST // 8):
        rows = data.with_format("arrow")[start : min(start + _MOST // 8, stop)]
        for batch in rows.select(sorted(set(columns.values()))).combine_chunks().to_batches():
            made = _batch(batch, columns, before, tally)
            hasher.update(b"".join(text.encode() + b"\0" for text in made["text"].to_pylist()))
            tally.rows, before = tally.rows + batch.num_rows, before + batch.num_rows
            if made.num_rows:
                yield made
    tally.lines = before
    tally.sha256 = hasher.hexdigest()


@lru_cache(maxsize=4)
def hub_rows(reference: str) -> Any:
    """Return a hub data set at its commit, opened once per process; raises InputError for one that is not pinned."""
    return load_hub(reference, None)


def _columns(source: SourceSpec, names: list[str], where: str) -> dict[str, str]:
    """Return which column is which; raises InputError where there is no text."""
    if source.text not in names:
        known = ", ".join(names[:20])
        raise InputError(f"{where}: expected a column {source.text!r} with the text, found {known}. Name it with `text:` of the source.")
    return {"text": source.text, **{setting: column for setting, column in columns_named(source).items() if column in names}}


def _batch(batch: pa.RecordBatch, columns: dict[str, str], before: int, tally: Tally) -> pa.RecordBatch:
    texts = batch[columns["text"]]
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
        texts = as_strings(texts)
    texts = texts.cast(pa.large_string())
    good = np.arange(len(texts))
    if texts.null_count:
        keep = pc.is_valid(texts)
        for index in np.flatnonzero(~keep.to_numpy(zero_copy_only=False)).tolist():
            reason = f"expected a text in column {columns['text']!r}, got nothing"
            tally.bad(row=tally.rows + index, line=before + index + 1, reason=reason)
        good = np.flatnonzero(keep.to_numpy(zero_copy_only=False))
        batch, texts = batch.filter(keep), texts.filter(keep)
    places = good + before + 1
    return batch_of(
        texts,
        pa.array(good + tally.rows, pa.int64()),
        piece=len(tally.pieces),
        lines=pa.array(places, pa.int64()),
        **{
            setting: read_column(setting, batch[column], places, tally, there=len(places))
            for setting, column in columns.items()
            if setting != "text"
        },
    )


def _digest(file: parquet.ParquetFile, groups: list[int], stream: Any) -> str:
    """Return the SHA-256 of the bytes of row groups, as they lie in the file."""
    hasher = hashlib.sha256()
    for group in groups:
        meta = file.metadata.row_group(group)
        chunks = [meta.column(index) for index in range(meta.num_columns)]
        first = min((chunk.dictionary_page_offset or chunk.data_page_offset) for chunk in chunks)
        left = sum(chunk.total_compressed_size for chunk in chunks)
        stream.seek(first)
        while left > 0 and (block := stream.read(min(left, BLOCK))):
            hasher.update(block)
            left -= len(block)
    return hasher.hexdigest()
