"""Many texts as one array of characters, read the way the n-grams read them.

Compatibility forms are folded (full-width letters become plain ones), letters are lower-cased, digits become one digit,
invisible characters are dropped, and everything that is neither letter, digit nor Han becomes a blank.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLANK", "HAN", "LETTER", "Characters", "plain_text", "read_characters"]

BLANK, LETTER, HAN, DROPPED = 0, 1, 2, 3
"""Kinds of character. A Han or kana character is a word by itself; a run of letters is one word."""

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


def _codes() -> NDArray[np.uint32]:
    """Return each code point as it is read: a blank as a space, a digit as '0'."""
    table = np.where(_KINDS == BLANK, _SPACE, np.arange(_PLANE)).astype(np.uint32)
    table[_DIGIT : _DIGIT + 10] = _DIGIT
    return table


_KINDS = _kinds()
_CODES = _codes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Characters:
    """Code points of all texts, one after another, each text framed by blanks."""

    codes: NDArray[np.uint32]
    """Code points; every blank is a space, every digit '0'."""
    kinds: NDArray[np.uint8]
    """BLANK, LETTER or HAN."""
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
    framed = [f" {plain_text(text)} " for text in texts]
    codes = np.frombuffer("".join(framed).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    starts = np.zeros(len(framed) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in framed], out=starts[1:])
    # What lies beyond the first plane reads as its last code, a blank, and is mended after.
    kinds = np.take(_KINDS, codes, mode="clip")
    read = np.take(_CODES, codes, mode="clip")
    if codes.size and int(codes.max()) >= _PLANE:
        first, last = _SUPPLEMENTARY_HAN
        han = (codes >= first) & (codes <= last)
        kinds[han] = HAN
        read[han] = codes[han]
    read, kinds, starts = _drop(read, kinds, starts)
    return Characters(codes=read, kinds=kinds, starts=starts)


def _drop(
    codes: NDArray[np.uint32], kinds: NDArray[np.uint8], starts: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.uint8], NDArray[np.int64]]:
    kept = kinds != DROPPED
    if kept.all():
        return codes, kinds, starts
    before = np.zeros(len(codes) + 1, dtype=np.int64)
    np.cumsum(kept, out=before[1:])
    return codes[kept], kinds[kept], before[starts]
