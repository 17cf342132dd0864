"""From what a source gives to the columns of a batch of documents: hosts of addresses, dates, text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.corpus.sources.shards import READ

__all__ = ["as_dates", "as_strings", "batch_of", "hosts_of"]

_HOST = r"^(?i:[a-z][a-z0-9+.-]*:)?//(?:[^/?#@]*@)?(?P<host>\[[^\]/?#]*\]|[^/:?#]*)"
_SECONDS = pa.timestamp("s", tz="UTC")
_MILLISECONDS_FROM = 100_000_000_000
"""A number above this is a date in milliseconds: as seconds it would lie after the year 5000."""


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


def as_dates(values: pa.Array | Sequence[Any]) -> pa.Array:
    """Return dates from ISO 8601 texts, from seconds or milliseconds since 1970, or from dates; null where one cannot be read."""
    if isinstance(values, pa.Array) and pa.types.is_temporal(values.type):
        stamps = values.cast(pa.timestamp("s")) if not pa.types.is_timestamp(values.type) else values
        return stamps.cast(pa.timestamp("s", tz=stamps.type.tz), safe=False).cast(_SECONDS)
    plain = values.to_pylist() if isinstance(values, pa.Array) else values
    known: dict[Any, int | None] = {}
    seconds = []
    for value in plain:
        if value not in known:
            if len(known) > 100_000:
                known.clear()
            known[value] = _seconds(value)
        seconds.append(known[value])
    return pa.array(seconds, pa.int64()).cast(_SECONDS)


def _seconds(value: Any) -> int | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        if isinstance(value, int | float):
            number = value / 1000 if abs(value) > _MILLISECONDS_FROM else value
            moment = datetime.fromtimestamp(number, UTC)
        else:
            moment = datetime.fromisoformat(str(value).strip())
    except (ValueError, OverflowError, OSError):
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


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
