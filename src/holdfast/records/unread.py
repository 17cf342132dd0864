"""Text that stands in a row beside the columns that its format reads: nothing looks at it, and a trainer may train on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from holdfast.records.formats.format import Row

__all__ = ["columns_besides", "holds_text", "leaves_of_text", "texts_in", "unread_in"]

_WORDS = 6
_CHARACTERS = 32
_WIDE = 12
"""Characters of a script without blanks that make a text, such as Chinese."""
_DEPTH = 4
_LOOKED_UP = 64
"""Values of one row that are looked for in what was read; a row that has more holds text that nobody could compare in time."""
_NAME = 100
_ROLES = ("role", "from", "speaker")
_CONTENTS = ("content", "value", "text")
_HOLDERS = frozenset((str, list, dict))


def columns_besides(row: Row, read: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the columns of a row that are not read: each as it is, and as it can be named to people."""
    known = set(read)
    return tuple((column, str(column)[:_NAME].encode("utf-8", "replace").decode()) for column in row if column not in known)


def unread_in(row: Row, besides: Sequence[tuple[str, str]], read: Sequence[str | None]) -> list[str] | None:
    """Return the names of those columns that hold text which is not among the texts that were `read`; None without any."""
    found: list[str] | None = None
    for column, name in besides:
        value = row[column]
        kind = type(value)
        # Most are names, numbers and addresses of pages, and are told apart here without a call.
        if kind is str and (len(value) < _WIDE or (value.isascii() and value.count(" ") < _WORDS - 1 and value.isprintable())):
            continue
        if kind in _HOLDERS and holds_text(value, read):
            found = [*(found or ()), name]
    return found


def holds_text(value: Any, read: Sequence[str | None] = ()) -> bool:
    """Tell whether a value holds text of some length, or turns, that none of the texts `read` has.

    Text is 6 words and 32 characters, or 12 characters of a script without blanks; names, numbers, tags, dates, addresses of
    pages and digests are none. A turn is an object with a role and a content, however short.
    """
    joined: str | None = None
    for number, text in enumerate(_texts(value, 0)):
        if text in read:
            continue
        if number >= _LOOKED_UP:
            return True
        joined = "\n".join(one for one in read if one is not None) if joined is None else joined
        if text not in joined:
            return True
    return False


def _texts(value: Any, depth: int) -> Iterator[str]:
    """Yield the texts in a value, those of lists and objects with them."""
    if type(value) is str:
        if _is_text(value):
            yield value
    elif depth >= _DEPTH:
        return
    elif type(value) is list:
        for one in value:
            yield from _texts(one, depth + 1)
    elif type(value) is dict:
        turn = any(key in value for key in _ROLES)
        for key, one in value.items():
            if turn and key in _CONTENTS and type(one) is str and one:
                yield one
            else:
                yield from _texts(one, depth + 1)


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a value, however short."""
    values = [value]
    for one in values:
        if type(one) is str:
            yield one
        elif type(one) is list:
            values += one
        elif type(one) is dict:
            values += one.values()


def _is_text(value: str) -> bool:
    if len(value) < _WIDE:
        return False
    if len(value) >= _CHARACTERS and len(value.split(None, _WORDS - 1)) == _WORDS:
        return True
    # Characters from U+0800 on take three bytes and more.
    return not value.isascii() and len(value.encode("utf-8", "replace")) - len(value) >= 2 * _WIDE


def leaves_of_text(schema: pa.Schema, read: Iterable[str]) -> list[str]:
    """Return the columns of a table to load: those that are `read`, and of the others what may hold text.

    Pictures and sound stay where they are: of an object that has some, only the fields of text are named, as 'column.field'.
    """
    known = set(read)
    found: list[str] = []
    for field in schema:
        found += [field.name] if field.name in known else _leaves(field.name, field.type)
    return found


def _leaves(name: str, kind: pa.DataType) -> list[str]:
    if pa.types.is_struct(kind):
        return [leaf for index in range(kind.num_fields) for leaf in _leaves(f"{name}.{kind.field(index).name}", kind.field(index).type)]
    return [name] if _may_hold_text(kind) else []


def _may_hold_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind) or pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _may_hold_text(kind.value_type)
    if pa.types.is_struct(kind):
        fields = [kind.field(index).type for index in range(kind.num_fields)]
        return any(map(_may_hold_text, fields)) and not any(map(_is_binary, fields))
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))
