"""A changed row put into the bytes of the old one: only the values that differ are written, all else stays as it stands.

A number keeps its digits (`1.50`, `1e3`, integers of any length) and a text its escapes, which a row that is parsed and
written again would lose.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from json.decoder import scanstring  # type: ignore[attr-defined]  # the stubs leave it out
from typing import Any

from holdfast.records.formats.format import Row

__all__ = ["spliced"]

_BLANK = re.compile(r"[ \t\r\n]*")
_AFTER_COMMA = re.compile(r",([ \t\r\n]*)\"")
_skip: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder(parse_int=str, parse_float=str, strict=False).scan_once  # type: ignore[attr-defined]


def spliced(data: bytes, old: Row, new: Row, encode: Callable[[Any], str]) -> bytes | None:
    """Return the bytes of a row with the values of `new` where they differ from `old`, which `data` holds.

    `encode` writes a value in the style of the file. None where the bytes cannot be followed, or where a key is gone, so that
    the row must be written anew.
    """
    try:
        text = data.decode("utf-8")
        writer = _Writer(text, encode)
        writer.value(_blank(text, 0), old, new)
    except (ValueError, RecursionError, StopIteration, IndexError):
        return None
    return writer.text().encode("utf-8")


class _Writer:
    """Walks through the text of a value and through its old and new form side by side."""

    def __init__(self, text: str, encode: Callable[[Any], str]) -> None:
        self._parts: list[str] = []
        self._text = text
        self._encode = encode
        self._done = 0

    def text(self) -> str:
        """Return all of the text, what is not walked through as it stands."""
        return "".join(self._parts) + self._text[self._done :]

    def value(self, at: int, old: Any, new: Any) -> int:
        """Write the value that begins at a place; returns where it ends in the old text."""
        if type(old) is type(new):
            if isinstance(old, dict) and old.keys() <= new.keys():
                return self._object(at, old, new) if old != new else self._as_it_is(at)
            if isinstance(old, list) and len(old) == len(new):
                return self._list(at, old, new) if old != new else self._as_it_is(at)
            if old is new or old == new:
                return self._as_it_is(at)
        end = self._as_it_is(at)
        self._replace(at, end, self._encode(new))
        return end

    def _as_it_is(self, at: int) -> int:
        return _skip(self._text, at)[1]

    def _replace(self, start: int, end: int, text: str) -> None:
        self._parts += [self._text[self._done : start], text]
        self._done = end

    def _object(self, at: int, old: Row, new: Row) -> int:
        text, last = self._text, at + 1
        place = _blank(text, last)
        while text[place] != "}":
            key, place = scanstring(text, place + 1, False)
            place = _blank(text, _expected(text, _blank(text, place), ":"))
            last = self.value(place, old[key], new[key])
            place = _next(text, last)
        added = [key for key in new if key not in old]
        if added:
            gap = _AFTER_COMMA.search(text, at, last)
            spaced = '": ' in text
            before = "," + (gap[1] if gap else " " if spaced else "")
            colon = ": " if spaced else ":"
            said = before.join(f"{self._encode(key)}{colon}{self._encode(new[key])}" for key in added)
            self._replace(last, last, (before if old else "") + said)
        return place + 1

    def _list(self, at: int, old: list[Any], new: list[Any]) -> int:
        place = _blank(self._text, at + 1)
        for was, now in zip(old, new, strict=True):
            place = _next(self._text, self.value(place, was, now))
        if self._text[place] != "]":
            raise ValueError("the list has more elements than it was read with")
        return place + 1


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    assert found is not None
    return found.end()


def _expected(text: str, at: int, mark: str) -> int:
    if text[at] != mark:
        raise ValueError(f"expected {mark!r}")
    return at + 1


def _next(text: str, at: int) -> int:
    """Return where the next element begins, or the bracket that closes."""
    at = _blank(text, at)
    return _blank(text, at + 1) if text[at] == "," else at
