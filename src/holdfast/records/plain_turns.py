"""Lines that hold a list of plain turns and nothing else, read by Arrow's own JSON reader in a third of the time.

All or nothing: where a line of a chunk holds anything else (a further column or key, a content of parts, a role that is written in
another way, broken JSON, a key that occurs twice), the whole chunk is left to the way that takes row by row and names what is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.records.formats.format import Roles

__all__ = ["FEWEST", "PlainKeys", "PlainTurns", "plain_turns"]

FEWEST = 128
"""Lines from which on the reader's start costs less than it saves."""
_LARGEST = 1 << 20
"""Bytes; a larger line may hold more objects than a row may have."""
_OPEN, _CLOSE = b"{}"


class PlainKeys(NamedTuple):
    """Where the turns of a row stand that has nothing beside them."""

    column: str
    role: str
    content: str


class PlainTurns(NamedTuple):
    """The rows of a chunk by column."""

    offsets: pa.Array
    """Row i has the turns `offsets[i]` up to `offsets[i + 1]`."""
    roles: pa.Array
    contents: pa.Array
    system: pa.Array
    request: pa.Array
    answer: pa.Array


def plain_turns(records: Sequence[bytes], keys: PlainKeys, roles: Roles) -> PlainTurns | None:
    """Return the turns of some lines, at least one, or None where any of them is not plain."""
    if not all(map(_is_one_object, records)):
        return None
    data = b"\n".join(records)
    # To the reader a NUL is the end of all.
    lists = None if b"\0" in data else _read(data, keys)
    if lists is None or len(lists) != len(records) or lists.null_count:
        return None
    turns, offsets = lists.flatten(), lists.offsets
    named, contents = turns.field(keys.role), turns.field(keys.content)
    if not len(turns) or turns.null_count or named.null_count or contents.null_count:
        return None
    encoded = named.dictionary_encode()
    told = [roles.get(name) for name in encoded.dictionary.to_pylist()]
    if None in told:
        return None
    return _columns(offsets, pa.array(told, pa.string()), encoded.indices, contents)


def _is_one_object(record: bytes) -> bool:
    """Tell whether a line may hold one object: where all lines begin and end like this, no object reaches over two of them."""
    return record[0] == _OPEN and (record[-1] == _CLOSE or record.endswith(b"}\r")) and len(record) <= _LARGEST


def _read(data: bytes, keys: PlainKeys) -> pa.ListArray | None:
    import pyarrow.json as json

    turn = pa.struct([(keys.role, pa.string()), (keys.content, pa.string())])
    how = json.ParseOptions(explicit_schema=pa.schema([(keys.column, pa.list_(turn))]), unexpected_field_behavior="error")
    # In one block: a line never reaches over its end.
    block = json.ReadOptions(use_threads=False, block_size=len(data) + 1)
    try:
        table = json.read_json(pa.BufferReader(data), read_options=block, parse_options=how)
        # The reader takes any bytes for text.
        table.validate(full=True)
    except (pa.ArrowException, UnicodeDecodeError):
        return None
    column = table.column(0)
    return column.chunk(0) if column.num_chunks == 1 else None


def _columns(offsets: pa.Array, told: pa.Array, codes: pa.Array, contents: pa.Array) -> PlainTurns:
    bounds = offsets.to_numpy().astype(np.int64)
    first, end = bounds[:-1], bounds[1:]
    is_system, is_user, is_assistant = (
        np.array([name == role for name in told.to_pylist()])[codes.to_numpy()] for role in ("system", "user", "assistant")
    )
    system = np.where((first < end) & is_system[np.minimum(first, len(is_system) - 1)], first, -1)
    answer = _latest(is_assistant, first, end)
    request = _latest(is_user, first, np.where(answer >= 0, answer, end))
    return PlainTurns(offsets, told.take(codes), contents, *(_taken(contents, turns) for turns in (system, request, answer)))


def _latest(marked: NDArray[np.bool_], first: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the last marked turn of each row before `end`, -1 where there is none."""
    latest = np.maximum.accumulate(np.where(marked, np.arange(len(marked)), -1))
    found: NDArray[np.int64] = latest[np.maximum(end - 1, 0)]
    return np.where((first < end) & (found >= first), found, -1)


def _taken(contents: pa.Array, turns: NDArray[np.int64]) -> pa.Array:
    return pc.take(contents, pa.array(turns, mask=turns < 0))
