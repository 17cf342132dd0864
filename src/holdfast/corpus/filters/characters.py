"""Characters of a batch of folded texts: how many stand between two bytes, and of which class each one is."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["DIGIT", "LETTER", "SYMBOL", "Characters", "classes_of", "first_codes", "last_codes", "read_characters", "runs_with"]

LETTER, DIGIT, SYMBOL = np.uint8(1), np.uint8(2), np.uint8(4)
"""Classes, as bits. LETTER is `str.isalpha`, DIGIT any other character of `str.isalnum`, SYMBOL the rest; white space has none."""

_PLANES = 0x40000
"""Code points from here on (tags, private use) are symbols."""
_PAGE = 256
_TWO_BYTES, _THREE_BYTES, _FOUR_BYTES = 0xC0, 0xE0, 0xF0
"""The smallest first bytes of characters of more than one byte in UTF-8."""
_INNER = 0x80
"""The two highest bits of a byte inside a character."""


class Characters(NamedTuple):
    """Where the characters of a batch are."""

    classes: NDArray[np.uint8]
    """The class of the character that starts at each byte; 0 inside a character, for white space, and for one byte after the last."""
    before: NDArray[np.int32] | None
    """How many characters start before each byte, with one more entry; None where every character is one byte."""

    def between(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many characters stand between pairs of bytes."""
        return ends - starts if self.before is None else (self.before[ends] - self.before[starts]).astype(np.int64)


@cache
def _ascii() -> NDArray[np.uint8]:
    table = np.zeros(256, dtype=np.uint8)
    for code in range(0x21, 0x80):
        table[code] = _class_of(chr(code))
    return table


_classes = np.full(_PLANES + 1, SYMBOL, dtype=np.uint8)
"""The class of each code point, filled a page at a time when one is first seen: most texts use few."""
_filled = np.zeros(_PLANES // _PAGE + 1, dtype=bool)
_filled[-1] = True


def _fill(pages: NDArray[np.int64]) -> None:
    for page in pages.tolist():
        first = page * _PAGE
        _classes[first : first + _PAGE] = [_class_of(chr(code)) for code in range(first, first + _PAGE)]
        if not page:
            _classes[:0x80] = _ascii()[:0x80]
        _filled[page] = True


def _class_of(character: str) -> np.uint8:
    if character.isalpha():
        return LETTER
    return DIGIT if character.isalnum() else SYMBOL


def read_characters(data: NDArray[np.uint8]) -> Characters:
    """Return the characters of folded text, as UTF-8."""
    classes = np.zeros(len(data) + 1, dtype=np.uint8)
    np.take(_ascii(), data, out=classes[:-1])
    lead = np.flatnonzero(data >= _TWO_BYTES)
    if not len(lead):
        return Characters(classes, None)
    classes[lead] = classes_of(_codes(data, lead))
    before = np.zeros(len(data) + 1, dtype=np.int32)
    np.cumsum((data & 0xC0) != _INNER, dtype=np.int32, out=before[1:])
    return Characters(classes, before)


def classes_of(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Return the classes of code points; white space beyond ASCII, which folding leaves none of, would be a symbol."""
    asked = np.minimum(codes, _PLANES)
    seen = np.zeros(len(_filled), dtype=bool)
    seen[asked // _PAGE] = True
    _fill(np.flatnonzero(seen & ~_filled))
    return _classes[asked]


def _codes(data: NDArray[np.uint8], lead: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Return the code points of characters of two bytes and more."""
    first, second = data[lead].astype(np.uint32), data[lead + 1] & np.uint8(0x3F)
    codes: NDArray[np.uint32] = (((first & 0x1F) << 6) | second).astype(np.uint32)
    three = np.flatnonzero(first >= _THREE_BYTES)
    codes[three] = ((first[three] & 0x0F) << 12) | (second[three].astype(np.uint32) << 6) | (data[lead[three] + 2] & 0x3F)
    four = np.flatnonzero(first >= _FOUR_BYTES)
    codes[four] = (codes[four] << 6) | (data[lead[four] + 3] & 0x3F)
    return codes


def runs_with(classes: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64], wanted: np.uint8) -> NDArray[np.bool_]:
    """Return, for runs of bytes in ascending order, whether a character of the wanted classes is among them."""
    found: NDArray[np.bool_] = (classes[starts] & wanted) != 0
    rest = np.flatnonzero(~found)
    if len(rest):
        # Most words begin with a letter: only the others are read to their ends.
        cuts = np.stack([starts[rest], ends[rest]], axis=1).ravel()
        found[rest] = (np.bitwise_or.reduceat(classes, cuts)[::2] & wanted) != 0
    return found


def first_codes(data: NDArray[np.uint8], starts: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Return the code point of the character that starts at each of some bytes."""
    codes = data[starts].astype(np.uint32)
    long = np.flatnonzero(codes >= _TWO_BYTES)
    codes[long] = _codes(data, starts[long])
    return codes


def last_codes(data: NDArray[np.uint8], ends: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Return the code point of the character that ends before each of some bytes."""
    starts = ends - 1
    for _ in range(3):
        inner = np.flatnonzero((data[starts] & 0xC0) == _INNER)
        if not len(inner):
            break
        starts[inner] -= 1
    return first_codes(data, starts)
