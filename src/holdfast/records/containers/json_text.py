"""JSON of one row: decoded fast, with what a fast decoder would hide, and encoded in the style of its neighbours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import orjson

from holdfast.records.containers.container import Chunk
from holdfast.records.containers.json_splice import spliced
from holdfast.records.formats.format import Row, RowError

__all__ = ["change_json", "decode_json", "decode_rows", "encode_json"]

_loads = orjson.loads
_KINDS = {list: "a list", str: "text", int: "a number", float: "a number", bool: "true or false", type(None): "null"}
_LARGE = 1 << 20
_MOST_VALUES = 1_000_000
_COLON, _QUOTE, _SPACE, _TAB, _RETURN = map(ord, ':" \t\r')


def decode_rows(chunk: Chunk, only: Sequence[int] | None = None) -> Iterator[tuple[int, Row | RowError]]:
    """Return the object that each record of a chunk holds with its index, or why it holds none."""
    records, refused = chunk.records, chunk.refused
    indices = [index for index in (range(len(records)) if only is None else only) if index not in refused]
    texts = [records[index] for index in indices]
    yield from ((index, RowError(refused[index])) for index in sorted(refused) if only is None or index in only)
    for index, record, count in zip(indices, texts, _colons(texts), strict=True):
        try:
            row = _decoded(record)
            if count != _keys_of_messages(row) and count != _keys(row):
                _refuse_twins(record)
        except RowError as error:
            yield index, error
        else:
            yield index, row


def decode_json(record: bytes) -> Row:
    """Return the object that one record holds; raises RowError for broken JSON, a key that occurs twice, or another value."""
    row = _decoded(record)
    _refuse_twins(record)
    return row


def _decoded(record: bytes) -> Row:
    if len(record) > _LARGE and record.count(b"[") + record.count(b"{") > _MOST_VALUES:
        # An empty list takes two bytes in the file and 56 in memory.
        raise RowError(f"holds more than {_MOST_VALUES:,} lists and objects")
    try:
        row = _loads(record)
    except orjson.JSONDecodeError as error:
        row = _tolerant(record, error)
    if type(row) is not dict:
        raise RowError(f"expected a JSON object, got {_KINDS[type(row)]}")
    return row


def _colons(records: Sequence[bytes]) -> list[int]:
    """Return per record how many colons stand right behind a quote; -1 where one stands behind blank space.

    Each key of an object is such a colon unless blank space follows its quote, and text can only add to them. A key that
    occurs twice is one key in the decoded row and two in the bytes: as many colons as keys rule it out, at the price of one
    vectorised pass over all records of a batch.
    """
    if not records:
        return []
    data = np.frombuffer(b"\n".join(records), np.uint8)
    colons = np.flatnonzero(data == _COLON)
    ends = np.cumsum(np.fromiter(map(len, records), np.int64, len(records)) + 1)
    rows = np.searchsorted(ends, colons, side="right")
    before = data[colons - 1]
    counts = np.bincount(rows[before == _QUOTE], minlength=len(records))
    spaced = (before == _SPACE) | ((before >= _TAB) & (before <= _RETURN))
    counts[rows[spaced]] = -1
    found: list[int] = counts.tolist()
    return found


def _keys_of_messages(row: Row) -> int:
    """Count the keys of a row and of the objects in its lists: all the keys of an ordinary row, and never too many."""
    total = len(row)
    for value in row.values():
        if type(value) is list:
            for item in value:
                if type(item) is dict:
                    total += len(item)
    return total


def _keys(row: Row) -> int:
    """Count the keys of all objects in a row."""
    total = 0
    values: list[Any] = [row]
    for value in values:
        if type(value) is dict:
            total += len(value)
            values.extend(value.values())
        elif type(value) is list:
            values.extend(value)
    return total


def _refuse_twins(record: bytes) -> None:
    try:
        json.loads(record, object_pairs_hook=_without_twins)
    except (RecursionError, ValueError) as error:
        raise RowError("broken JSON, or nested too deep to be sure of its keys") from error


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twin = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise RowError(f"the key {twin[:40]!r} occurs twice")
    return found


def _tolerant(record: bytes, error: orjson.JSONDecodeError) -> Any:
    if b"NaN" in record or b"Infinity" in record:
        # Python writes numbers that are none like this, and reads them again.
        try:
            return json.loads(record)
        except (ValueError, RecursionError):
            pass
    try:
        record.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise RowError(f"invalid UTF-8 at byte {wrong.start + 1} of the row") from None
    if b"\x00" in record:
        raise RowError("broken JSON: a NUL byte") from None
    raise RowError(f"expected a JSON object, got broken JSON: {error.msg} at character {error.pos + 1} of the row") from None


def encode_json(row: Row, like: bytes | None) -> bytes:
    r"""Return a row as JSON with the spaces, the indentation and the escapes of `like`; raises RowError for other values.

    >>> encode_json({"a": 1, "b": "é"}, b'{"a": 2, "b": "e"}')
    b'{"a": 1, "b": "\xc3\xa9"}'
    """
    if like is None:
        return _compact(row)
    ascii_only = b"\\u" in like and like.isascii()
    if b"\n" not in like:
        spaced = b'": ' in like
        if not spaced and not ascii_only:
            return _compact(row)
        return _dump(row, ascii_only, None, (", ", ": ") if spaced else (",", ":"))
    newline = b"\r\n" if b"\r\n" in like else b"\n"
    first = like.split(b"\n", 2)[1]
    inner = len(first) - len(first.lstrip(b" \t"))
    last = like.rsplit(b"\n", 1)[1]
    outer = last[: len(last) - len(last.lstrip(b" \t"))]
    text = _dump(row, ascii_only, max(inner - len(outer), 0) or 2, (",", ": "))
    return text.replace(b"\n", newline + outer)


def change_json(data: bytes, old: Row, new: Row) -> bytes | None:
    r"""Return the bytes of a row with `new` in place of `old`: values that are the same keep their bytes; raises RowError.

    None where that cannot be, so that the row must be encoded anew.

    >>> change_json(b'{"a": "me", "n": 1.50}', {"a": "me", "n": 1.5}, {"a": "you", "n": 1.5})
    b'{"a": "you", "n": 1.50}'
    """
    ascii_only = b"\\u" in data and data.isascii()
    spaced = b'": ' in data

    def encode(value: Any) -> str:
        return _dump(value, ascii_only, None, (", ", ": ") if spaced else (",", ":")).decode()

    return spliced(data, old, new, encode)


def _compact(row: Row) -> bytes:
    try:
        return orjson.dumps(row)
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise RowError("the row holds a value that JSON cannot hold") from error


def _dump(row: Any, ascii_only: bool, indent: int | None, separators: tuple[str, str]) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=ascii_only, indent=indent, separators=separators).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise RowError("the row holds a value that JSON cannot hold") from error
