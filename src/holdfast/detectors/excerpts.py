"""A few words around a place, safe to show: personal data and secrets masked, control characters gone, one line."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from holdfast.detectors.personal_data import Span, mask, masked

__all__ = ["around", "opening", "shown"]

_BEFORE, _AFTER = 32, 48
_MARGIN = 256
"""Characters read on each side, so that an address that the excerpt cuts in two is still seen whole and masked."""
_LONGEST = 160


def around(original: str, folded: str, start: int, end: int) -> str:
    """Return a few words around characters `start` to `end` of a folded text, from the original where the two line up."""
    text = original if len(original) == len(folded) else folded[start:end]
    if len(original) != len(folded):
        start, end = 0, end - start
    end = min(end, start + _LONGEST)
    low = max(0, start - _MARGIN)
    window = masked(text[low : end + _MARGIN])
    first, last = max(0, start - _BEFORE), min(len(text), end + _AFTER)
    cut = window[first - low : last - low]
    return f"{'…' if first else ''}{_one_line(cut)}{'…' if last < len(text) else ''}"


def shown(text: str, start: int, end: int, spans: Iterable[Span]) -> str:
    """Return a few words around a secret place, in which it and all others show their first character, and it also its length.

    >>> shown("write to ann@mail.org now", 9, 21, [Span("email", 9, 21, 1.0, False)])
    'write to a… (12 characters) now'
    """
    first, last = max(0, start - _BEFORE), min(len(text), end + _AFTER)
    safe = mask(text, spans)
    value = f"{safe[start]}… ({end - start} characters)"
    return f"{'…' if first else ''}{_one_line(safe[first:start] + value + safe[end:last])}{'…' if last < len(text) else ''}"


def opening(text: str) -> str:
    """Return the first words of a text."""
    return around(text, text, 0, 0)


def _one_line(text: str) -> str:
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = (" " if character.isspace() else character for character in text)
    shown = (character for character in kept if unicodedata.category(character)[0] != "C")
    return " ".join("".join(shown).split())
