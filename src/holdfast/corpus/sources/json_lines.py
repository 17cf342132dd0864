"""JSON Lines, one object per line. A line that cannot be read is counted with its place; the others are not touched by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from holdfast.corpus.sources.columns import batch_of
from holdfast.corpus.sources.line_blocks import LONGEST, line_blocks
from holdfast.corpus.sources.named_columns import columns_named, read_column
from holdfast.corpus.sources.opening import Opened
from holdfast.corpus.sources.reader import Tally
from holdfast.corpus.sources.shards import Piece
from holdfast.corpus.spec import SourceSpec

__all__ = ["read_json_lines"]

_LONG = f"the line is longer than {LONGEST:,} bytes"


def read_json_lines(stream: Opened, piece: Piece, source: SourceSpec, tally: Tally) -> Iterator[pa.RecordBatch]:
    """Yield the documents of a piece, a block of lines at a time. Every line has a row number, blank ones too."""
    lines = 0
    for block in line_blocks(stream, piece.start, piece.stop):
        if block is None:
            tally.bad(row=tally.rows, line=lines + 1, reason=_LONG)
            tally.rows, lines = tally.rows + 1, lines + 1
            continue
        found = block.split(b"\n")
        if not found[-1]:
            found.pop()
        batch = _batch(found, lines, source, tally)
        tally.rows, lines = tally.rows + len(found), lines + len(found)
        if batch.num_rows:
            yield batch
    tally.lines = lines


def _batch(lines: list[bytes], before: int, source: SourceSpec, tally: Tally) -> pa.RecordBatch:
    try:
        objects = list(map(orjson.loads, lines))
        texts = pa.array([one[source.text] for one in objects], pa.large_string())
        good = np.arange(len(lines)) if not texts.null_count else None
    except (orjson.JSONDecodeError, KeyError, TypeError, pa.ArrowInvalid, pa.ArrowTypeError):
        good = None
    if good is None:
        objects, texts, good = _one_by_one(lines, before, source, tally)
    places = good + before + 1
    return batch_of(
        texts,
        pa.array(good + tally.rows, pa.int64()),
        piece=len(tally.pieces),
        lines=pa.array(places, pa.int64()),
        **{setting: _column(objects, column, setting, places, tally) for setting, column in columns_named(source).items()},
    )


def _one_by_one(lines: list[bytes], before: int, source: SourceSpec, tally: Tally) -> tuple[list[Any], pa.Array, Any]:
    """Read what a block has that can be read, and take note of the rest."""
    text_of = _getter(source.text)
    objects, texts, good = [], [], []
    for index, line in enumerate(lines):
        if not line.strip():
            tally.blank += 1
            continue
        try:
            one = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            reason = f"expected a JSON object, got something else ({error.msg} at character {error.pos})"
            tally.bad(row=tally.rows + index, line=before + index + 1, reason=reason)
            continue
        text = text_of(one) if isinstance(one, dict) else None
        if not isinstance(text, str):
            came = f"{source.text!r} with {_kind(text)}" if isinstance(one, dict) else _kind(one)
            reason = f"expected an object with a text under {source.text!r}, got {came}"
            tally.bad(row=tally.rows + index, line=before + index + 1, reason=reason)
            continue
        objects.append(one)
        texts.append(text)
        good.append(index)
    return objects, pa.array(texts, pa.large_string()), np.array(good, dtype=np.int64)


def _column(objects: list[Any], name: str, setting: str, places: Any, tally: Tally) -> pa.Array:
    get = _getter(name)
    values = [get(one) for one in objects]
    # Whether a name is there at all is asked only where nothing stands under it.
    there = len(values) if any(value is not None for value in values) else sum(_has(one, name) for one in objects)
    return read_column(setting, values, places, tally, there=there)


def _has(one: Any, name: str) -> bool:
    first, _, rest = name.partition(".")
    return name in one or (bool(rest) and isinstance(one.get(first), dict) and _has(one[first], rest))


def _getter(name: str) -> Callable[[dict[str, Any]], Any]:
    """Return what looks a name up; 'metadata.url' also looks inside an object 'metadata'."""
    if "." not in name:
        return lambda one: one.get(name)
    return lambda one: one[name] if name in one else _inside(one, name.split("."))


def _inside(one: Any, path: list[str]) -> Any:
    for step in path:
        one = one.get(step) if isinstance(one, dict) else None
    return one


def _kind(value: Any) -> str:
    return "nothing" if value is None else {"str": "a text", "dict": "an object", "list": "a list"}.get(type(value).__name__, "a number")
