"""The script of each word of a batch, by its first letter, and the languages that are written in it."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["HAN", "KANA", "LATIN", "NONE", "SCRIPTS", "WEIGHTS", "scripts_of"]

SCRIPTS = (
    "none", "Latin", "Han", "kana", "Hangul", "Cyrillic", "Arabic", "Devanagari", "Thai", "Hebrew", "Greek", "Bengali", "Tamil", "Telugu",
    "Georgian", "Armenian", "Khmer", "Lao", "Burmese", "Ethiopic", "Gujarati", "Gurmukhi", "Kannada", "Malayalam", "Sinhala",
)  # fmt: skip
NONE, LATIN, HAN, KANA = 0, 1, 2, 3

_RANGES = (
    (0x41, 0x5A, "Latin"), (0x61, 0x7A, "Latin"), (0xC0, 0x24F, "Latin"), (0x1E00, 0x1EFF, "Latin"), (0x3005, 0x3007, "Han"),
    (0x3400, 0x9FFF, "Han"), (0xF900, 0xFAFF, "Han"), (0x20000, 0x3FFFF, "Han"), (0x3040, 0x30FF, "kana"), (0x31F0, 0x31FF, "kana"),
    (0x1100, 0x11FF, "Hangul"), (0x3130, 0x318F, "Hangul"), (0xAC00, 0xD7AF, "Hangul"), (0x400, 0x52F, "Cyrillic"),
    (0x600, 0x6FF, "Arabic"), (0x750, 0x77F, "Arabic"), (0x900, 0x97F, "Devanagari"), (0x980, 0x9FF, "Bengali"),
    (0xA00, 0xA7F, "Gurmukhi"), (0xA80, 0xAFF, "Gujarati"), (0xB80, 0xBFF, "Tamil"), (0xC00, 0xC7F, "Telugu"), (0xC80, 0xCFF, "Kannada"),
    (0xD00, 0xD7F, "Malayalam"), (0xD80, 0xDFF, "Sinhala"), (0xE00, 0xE7F, "Thai"), (0xE80, 0xEFF, "Lao"), (0x1000, 0x109F, "Burmese"),
    (0x10A0, 0x10FF, "Georgian"), (0x1200, 0x139F, "Ethiopic"), (0x1780, 0x17FF, "Khmer"), (0x530, 0x58F, "Armenian"),
    (0x5D0, 0x5EA, "Hebrew"), (0x370, 0x3FF, "Greek"), (0x1F00, 0x1FFF, "Greek"),
)  # fmt: skip
_TOP = 0x40000

_SYLLABLES = {"Han": 1.5, "kana": 2.5, "Thai": 4.5, "Lao": 4.5, "Burmese": 4.5, "Khmer": 4.5}
WEIGHTS = np.array([1 / _SYLLABLES.get(script, 1.0) for script in SCRIPTS])
"""What one word counts: in scripts without spaces a word here is one character, and several make what is a word elsewhere."""


@cache
def _table() -> NDArray[np.int64]:
    table = np.zeros(_TOP + 1, dtype=np.int64)
    for first, last, script in _RANGES:
        table[first : last + 1] = SCRIPTS.index(script)
    return table


def scripts_of(codes: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return the script of each code point, as a place in SCRIPTS; NONE for digits, marks and rarer scripts."""
    return _table()[np.minimum(codes, _TOP)]
