"""ORIGINS of the rows of one shard, as they are written."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.corpus.documents import document_id
from holdfast.corpus.sources.shards import Shard
from holdfast.corpus.spec import SourceSpec
from holdfast.provenance.origins import ORIGINS

__all__ = ["CANARY", "canary_origins", "digests", "joined_origins", "origins_of"]

CANARY = "canary"
"""What stands for the source of a row that was planted."""


def origins_of(
    batch: pa.RecordBatch, texts: pa.Array, steps: NDArray[np.uint32], reasons: pa.Array, shard: Shard, source: SourceSpec, first_line: int
) -> pa.Table:
    """Return the origins of a batch (READ) whose texts are written as `texts`; `row` is filled in by `joined_origins`.

    Args:
        batch: the documents as they were read.
        texts: as they are written.
        steps: which steps changed each.
        reasons: why each was left out; null where it was not.
        shard: what was read.
        source: its source.
        first_line: lines of the first piece's file that stand before that piece.
    """
    count = batch.num_rows
    names = pa.array([piece.name for piece in shard.pieces], pa.string())
    lines = batch["line"].to_numpy() + np.where(batch["piece"].to_numpy() == 0, first_line, 0)
    licence = (
        batch["licence"] if source.licence is None or source.licence.startswith("$") else pa.array([source.licence] * count, pa.string())
    )
    columns = {
        "row": pa.array(np.zeros(count, dtype=np.int32)),
        "document": pa.array(batch["row"].to_numpy().astype(np.uint64) | np.uint64(document_id(shard.number, 0))),
        "source": pa.array([source.name] * count, pa.string()).dictionary_encode(),
        "file": pa.DictionaryArray.from_arrays(batch["piece"], names),
        "line": pa.array(lines),
        "url": batch["url"],
        "host": batch["host"].dictionary_encode(),
        "author": batch["author"].dictionary_encode(),
        "date": batch["date"],
        "licence": licence.dictionary_encode(),
        "digest": digests(texts),
        "steps": pa.array(steps),
        "reason": reasons.cast(pa.string()).dictionary_encode(),
    }
    return pa.table({field.name: _as(columns[field.name], field.type) for field in ORIGINS}, schema=ORIGINS)


def canary_origins(texts: pa.Array) -> pa.Table:
    """Return the origins of planted rows: nothing is known of them here but that they are canaries."""
    count = len(texts)
    known = {
        "row": pa.array(np.zeros(count, dtype=np.int32)),
        "source": pa.array([CANARY] * count, pa.string()).dictionary_encode(),
        "digest": digests(texts),
        "steps": pa.array(np.zeros(count, dtype=np.uint32)),
    }
    return pa.table({field.name: _as(known.get(field.name, pa.nulls(count)), field.type) for field in ORIGINS}, schema=ORIGINS)


def joined_origins(tables: Sequence[pa.Table]) -> pa.Table:
    """Return the origins of a whole file, with its rows numbered from 0."""
    table = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    return table.set_column(0, ORIGINS.field("row"), pa.array(np.arange(table.num_rows, dtype=np.int32)))


def digests(texts: pa.Array) -> pa.Array:
    """Return BLAKE2b of 16 bytes of each text."""
    data = [blake2b(text.as_buffer(), digest_size=16).digest() for text in texts]
    return pa.array(data, pa.binary(16))


def _as(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_null(column.type) and pa.types.is_dictionary(kind):
        return pa.nulls(len(column), kind.value_type).dictionary_encode().cast(kind)
    return column if column.type == kind else pc.cast(column, kind)
