"""From what a source gives to the columns of a batch of documents: hosts of addresses, text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.corpus.sources.shards import READ

__all__ = ["as_strings", "batch_of", "hosts_of"]

_HOST = r"^(?i:[a-z][a-z0-9+.-]*:)?//(?:[^/?#]*@)?(?P<host>\[[^\]/?#]*\]|[^/:?#]*)"
_SECONDS = pa.timestamp("s", tz="UTC")


def hosts_of(urls: pa.Array) -> pa.Array:
    """Return the host names of addresses, in lower case and without the port; null where there is none.

    >>> hosts_of(pa.array(["https://user@Docs.Example.org:8080/a?b", "no address", None])).to_pylist()
    ['docs.example.org', None, None]
    """
    found = pc.utf8_lower(pc.struct_field(pc.extract_regex(urls, _HOST), "host"))
    return pc.if_else(pc.equal(found, ""), pa.scalar(None, pa.string()), found)


def as_strings(values: pa.Array | Sequence[Any]) -> pa.Array:
    """Return values as texts, whatever they were; null stays null."""
    if isinstance(values, pa.Array):
        try:
            return values.cast(pa.string())
        except pa.ArrowInvalid:
            values = values.to_pylist()
        except pa.ArrowNotImplementedError:
            values = values.to_pylist()
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def batch_of(
    texts: pa.Array,
    rows: pa.Array,
    *,
    piece: int | pa.Array,
    lines: pa.Array,
    url: pa.Array | None = None,
    author: pa.Array | None = None,
    date: pa.Array | None = None,
    licence: pa.Array | None = None,
) -> pa.RecordBatch:
    """Return a batch of READ; columns that the source does not have are null."""
    count = len(texts)
    strings = pa.nulls(count, pa.string())
    pieces = pa.array([piece], pa.int32()).take(pa.array([0] * count, pa.int32())) if isinstance(piece, int) else piece
    columns = [
        texts,
        rows,
        strings if url is None else url,
        strings if url is None else hosts_of(url),
        strings if author is None else author,
        pa.nulls(count, _SECONDS) if date is None else date,
        strings if licence is None else licence,
        pieces,
        lines,
    ]
    return pa.RecordBatch.from_arrays(columns, schema=READ)
