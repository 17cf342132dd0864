"""Characters beyond ASCII that folding leaves alone or replaces by one of the same size, for a whole batch at once.

Most texts with such characters have curly quotes, accented letters, Greek, Cyrillic, kana or Han, all of which fold one by one. What
does not (a ligature, a combining mark, something invisible) is named, so that its text is folded as a string.
"""

from __future__ import annotations

import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

__all__ = ["fold_characters"]

_PAGE = 256
_LAST = 0x20000
"""Code points from here on are not looked up; rare Han and private use."""
_BASIC = 0x10000
_EMOJI = range(0x1F000, 0x1FB00)
_JAMO = range(0x1100, 0x1200)
"""Parts of Hangul syllables, which combine with each other though they are letters."""
_SPACE = 0x20
_TWO, _THREE, _FOUR = 0xC2, 0xE0, 0xF0
"""The smallest first bytes of characters of two, three and four bytes in UTF-8."""

_targets = np.zeros(_LAST + 1, dtype=np.uint32)
"""What each code point is folded to; 0 for one that does not fold by itself. Filled a page at a time, when one is first seen."""
_filled = np.zeros(_LAST // _PAGE + 1, dtype=bool)
_filled[-1] = True


def fold_characters(data: NDArray[np.uint8], special: re.Pattern[str], spaces: re.Pattern[str]) -> NDArray[np.int64]:
    """Fold characters of UTF-8 in place, and return the bytes at which those start that do not fold by themselves.

    A space of two or three bytes becomes as many plain spaces.

    Args:
        data: valid UTF-8; characters of ASCII are left as they are.
        special: matches characters that are not to be left to this function.
        spaces: matches white space that NFKC leaves alone.
    """
    lead: NDArray[np.int64] = np.flatnonzero(data >= _TWO)
    if not len(lead):
        return lead
    codes = _codes(data, lead)
    seen = np.zeros(len(_filled), dtype=bool)
    seen[codes // _PAGE] = True
    _fill(np.flatnonzero(seen & ~_filled), special, spaces)
    targets = _targets[codes]
    for size, blank in ((2, lead[(targets == _SPACE) & (codes < 0x800)]), (3, lead[(targets == _SPACE) & (codes >= 0x800)])):
        for inside in range(size):
            data[blank + inside] = _SPACE
    changed = np.flatnonzero((targets != codes) & (targets > _SPACE))
    place, target = lead[changed], targets[changed]
    two = target < 0x800
    data[place[two]] = (0xC0 | (target[two] >> 6)).astype(np.uint8)
    data[place[two] + 1] = (0x80 | (target[two] & 0x3F)).astype(np.uint8)
    place, target = place[~two], target[~two]
    data[place] = (0xE0 | (target >> 12)).astype(np.uint8)
    data[place + 1] = (0x80 | ((target >> 6) & 0x3F)).astype(np.uint8)
    data[place + 2] = (0x80 | (target & 0x3F)).astype(np.uint8)
    left: NDArray[np.int64] = lead[targets == 0]
    return left


def _codes(data: NDArray[np.uint8], lead: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Return the code point of the character that starts at each place, `_LAST` for one beyond."""
    first = data[lead].astype(np.uint32)
    codes = ((first & 0x1F) << 6) | (data[lead + 1] & 0x3F)
    three = np.flatnonzero(first >= _THREE)
    codes[three] = ((first[three] & 0x0F) << 12) | ((data[lead[three] + 1] & np.uint32(0x3F)) << 6) | (data[lead[three] + 2] & 0x3F)
    four = three[first[three] >= _FOUR]
    where = lead[four]
    high = ((first[four] & 0x07) << 18) | ((data[where + 1] & np.uint32(0x3F)) << 12)
    codes[four] = high | ((data[where + 2] & np.uint32(0x3F)) << 6) | (data[where + 3] & 0x3F)
    found: NDArray[np.uint32] = np.minimum(codes, _LAST)
    return found


def _fill(pages: NDArray[np.int64], special: re.Pattern[str], spaces: re.Pattern[str]) -> None:
    for page in pages.tolist():
        first = page * _PAGE
        _targets[first : first + _PAGE] = [_target(chr(code), special, spaces) for code in range(first, first + _PAGE)]
        _filled[page] = True


def _target(character: str, special: re.Pattern[str], spaces: re.Pattern[str]) -> int:
    """Return the code point that a character folds to by itself, in whatever text it stands; 0 where there is none of the same size.

    A text whose characters are all normal by themselves is normal unless one of them combines with one before it: marks do, and jamo.
    """
    code, normal = ord(character), unicodedata.normalize("NFKC", character)
    if normal == " " or spaces.match(character):
        return _SPACE
    if unicodedata.category(character)[0] in "MC" or normal != character:
        return 0
    if code >= _BASIC:
        return code if code in _EMOJI and character.casefold() == character else 0
    if code in _JAMO or special.match(character):
        return 0
    lower = character.casefold()
    return ord(lower) if len(lower) == 1 and len(lower.encode()) == len(character.encode()) else 0
