"""Many texts as one array of characters, read the way the n-grams read them.

Compatibility forms are folded (full-width letters become plain ones), letters are lower-cased, digits become one digit,
invisible characters are dropped, and everything that is neither letter, digit nor Han becomes a blank. What that loses of a
text's shape, capitals and punctuation, stands beside it as marks (`skeleton`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLANK", "HAN", "LETTER", "Characters", "Mark", "plain_text", "read_characters"]

BLANK, LETTER, HAN, DROPPED = 0, 1, 2, 3
"""Kinds of character. A Han or kana character is a word by itself; a run of letters is one word."""


class Mark(IntEnum):
    """What a character says of a text's shape beside its words."""

    NONE = 0
    CAPITAL = 1
    PERIOD = 2
    """A Latin full stop, exclamation mark or semicolon: the end of a sentence, unless a word follows at once."""
    STOP = 3
    """The end of a line, or of a Chinese sentence."""
    QUESTION = 4
    COMMA = 5
    COLON = 6
    CODE = 7
    """Brackets and signs of formulas, code and markup."""
    QUOTE = 8
    """A quotation mark that may open, or a Chinese title mark."""


_SIGNS = {
    Mark.PERIOD: ".!;",
    Mark.STOP: "\n。！；",
    Mark.QUESTION: "?？",
    Mark.COMMA: ",，、",
    Mark.COLON: ":：",
    Mark.CODE: "{}[]<>=`\\_|#",
    Mark.QUOTE: '"“《「『〈【',
}

_DIGIT, _SPACE = ord("0"), ord(" ")
_PLANE = 0x10000
_SUPPLEMENTARY_HAN = (0x20000, 0x3FFFF)
_LETTERS = ((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x370, 0x1FFF), (0x3131, 0x318E), (0xA000, 0xD7FF))
_HAN = ((0x3005, 0x3007), (0x3041, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF))
_INVISIBLE = ((0xAD, 0xAD), (0x300, 0x36F), (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0xFE00, 0xFE0F))
_MORE_INVISIBLE = ((0xFEFF, 0xFEFF), (0x27, 0x27), (0x2019, 0x2019))
"""The apostrophe goes too, so that "don't" is one word."""


def _kinds() -> NDArray[np.uint8]:
    table = np.full(_PLANE, BLANK, dtype=np.uint8)
    for kind, ranges in ((LETTER, _LETTERS), (HAN, _HAN), (DROPPED, _INVISIBLE + _MORE_INVISIBLE)):
        for first, last in ranges:
            table[first : last + 1] = kind
    return table


_LOWER = np.array([ord(chr(place).lower()[0]) for place in range(_PLANE)])
_KINDS = _kinds()[_LOWER]


def _marks() -> NDArray[np.uint8]:
    table = np.zeros(_PLANE, dtype=np.uint8)
    table[[place for place in range(_PLANE) if chr(place).isupper()]] = Mark.CAPITAL
    for mark, signs in _SIGNS.items():
        table[[ord(sign) for sign in signs]] = mark
    return table


def _codes() -> NDArray[np.uint32]:
    """Return each code point as it is read: a letter in lower case, a blank as a space, a digit as '0'."""
    table = np.where(_KINDS == BLANK, _SPACE, _LOWER).astype(np.uint32)
    table[_DIGIT : _DIGIT + 10] = _DIGIT
    return table


_MARKS, _CODES = _marks(), _codes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Characters:
    """Code points of all texts, one after another, each text framed by blanks."""

    codes: NDArray[np.uint32]
    """Code points; every blank is a space, every digit '0'."""
    kinds: NDArray[np.uint8]
    """BLANK, LETTER or HAN."""
    marks: NDArray[np.uint8]
    """A `Mark` for each character."""
    starts: NDArray[np.int64]
    """Where each text begins; one more entry than texts, the last is the length. The first character of a text is a blank."""


def plain_text(text: str) -> str:
    """Return a text with compatibility forms folded and letters lower-cased.

    >>> plain_text("Ｈow TO")
    'how to'
    """
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()


def read_characters(texts: Sequence[str]) -> Characters:
    """Return the characters of many texts, in time linear in their length."""
    framed = [f" {text if text.isascii() else unicodedata.normalize('NFKC', text)} " for text in texts]
    raw = np.frombuffer("".join(framed).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    starts = np.zeros(len(framed) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in framed], out=starts[1:])
    # What lies beyond the first plane reads as its last code, a blank, and is mended after.
    kinds, codes, marks = (np.take(table, raw, mode="clip") for table in (_KINDS, _CODES, _MARKS))
    if raw.size and int(raw.max()) >= _PLANE:
        first, last = _SUPPLEMENTARY_HAN
        han = (raw >= first) & (raw <= last)
        kinds[han] = HAN
        codes[han] = raw[han]
    kept = kinds != DROPPED
    if not kept.all():
        before = np.zeros(len(raw) + 1, dtype=np.int64)
        np.cumsum(kept, out=before[1:])
        codes, kinds, marks, starts = codes[kept], kinds[kept], marks[kept], before[starts]
    return Characters(codes=codes, kinds=kinds, marks=marks, starts=starts)
