"""Values that hold text: plain, as a list of parts, or as JSON; and a text put back into the parts it was joined from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from holdfast.records.formats.format import RowError

__all__ = ["as_text", "changed", "json_text", "parts_text", "split_like", "with_parts_text"]

_TEXT_KEYS = ("text", "value", "content")


def as_text(value: Any, column: str) -> str | None:
    """Return a value as text: numbers as written in JSON, None for null and for NaN, which is how pandas writes a blank.

    Raises RowError for lists and objects.
    """
    if value is None or type(value) is str:
        return value
    if value != value:
        return None
    if isinstance(value, bool | int | float):
        return json_text(value)
    raise RowError(f"{column} must be text, got {type(value).__name__}")


def json_text(value: Any) -> str:
    """Return a value as compact JSON; text stays as it is. Raises RowError for what JSON cannot hold."""
    if type(value) is str:
        return value
    try:
        return orjson.dumps(value).decode()
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise RowError(f"holds a value that is not JSON ({type(value).__name__})") from error


def parts_text(parts: Sequence[Any]) -> str:
    """Return the text of a content that is a list of parts, joined by a line break; other media leave their kind: '[image]'."""
    return "\n".join(_part_text(part) for part in parts)


def _part_text(part: Any) -> str:
    if type(part) is str:
        return part
    if not isinstance(part, dict):
        raise RowError(f"a part of a content must be text or an object, got {type(part).__name__}")
    for key in _TEXT_KEYS:
        if part.get(key) is not None:
            return json_text(part[key])
    kind = part.get("type")
    return f"[{kind.removesuffix('_url')}]" if isinstance(kind, str) else json_text(part)


def with_parts_text(parts: Sequence[Any], text: str) -> list[Any]:
    """Return the parts with `text` in place of theirs, each part keeping the lines it had where their number is the same."""
    old = [_part_text(part) for part in parts]
    return [part if new == was else _with_text(part, new) for part, was, new in zip(parts, old, split_like(text, old, "\n"), strict=True)]


def _with_text(part: Any, text: str) -> Any:
    if type(part) is str:
        return text
    for key in _TEXT_KEYS:
        if part.get(key) is not None:
            return {**part, key: changed(part[key], text)}
    if not text:
        return part
    raise RowError("a part that holds no text cannot be replaced by text")


def changed(old: Any, text: str) -> Any:
    """Return `text` as a value of the kind of `old`: text, or parsed where `old` was JSON; raises RowError where it is none."""
    if old is None or isinstance(old, str | int | float):
        return text
    try:
        new = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise RowError(f"the new text must stay JSON, as the {type(old).__name__} that it replaces") from error
    if type(new) is not type(old):
        raise RowError(f"the new text must stay a JSON {type(old).__name__}, got {type(new).__name__}")
    return new


def split_like(text: str, parts: Sequence[str], separator: str) -> list[str]:
    r"""Split `text` into as many parts as it was joined from: by their numbers of lines, or all of it into the first.

    A redaction changes words and not lines, so each part gets its own lines back.

    >>> split_like("write to [email]\nin two lines\nplease", ["write to a@b.org", "in two lines\nplease"], "\n")
    ['write to [email]', 'in two lines\nplease']
    >>> split_like("all new", ["old", "older"], "\n")
    ['all new', '']
    """
    if len(parts) == 1:
        return [text]
    lines, gap = text.split("\n"), separator.count("\n") - 1
    sizes = [part.count("\n") + 1 for part in parts]
    if len(lines) != sum(sizes) + gap * (len(parts) - 1):
        return [text, *[""] * (len(parts) - 1)]
    found, at = [], 0
    for size in sizes:
        found.append("\n".join(lines[at : at + size]))
        at += size + gap
    return found
