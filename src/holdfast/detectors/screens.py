"""Exact screens: which texts of a batch hold a byte without which nothing that is looked for can be there.

An automaton reads every byte of every text. One look at the bytes of a whole column says thirty times as fast that most texts
lack what each hit needs, and the automaton reads the others. A screen may let through too much, and never too little.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.detectors.features import Features
from holdfast.similarity.folding import FoldedBytes, raw_bytes

__all__ = ["bytes_of", "holding", "in_blocks", "odd_texts", "texts_with", "times_held"]

_BLOCK = 1 << 19
"""Bytes of text that are screened at once; a longer text is a block by itself."""
_SPACE, _DELETE = 0x20, 0x7F
_WHITE = np.zeros(_SPACE, dtype=bool)
_WHITE[list(b"\t\n\f\r")] = True
"""White space below the space; every other character there is a control character that no text needs."""


def bytes_of(texts: pa.Array) -> FoldedBytes:
    """Return a column of texts as it stands, as one array of bytes; a null reads as an empty text."""
    return raw_bytes(pc.fill_null(texts, "").cast(pa.large_string()))


def holding(texts: FoldedBytes, characters: bytes) -> NDArray[np.bool_]:
    """Return which texts hold one of a few ASCII characters."""
    marked = texts.data == characters[0]
    for character in characters[1:]:
        marked |= texts.data == character
    return texts_with(texts, marked)


def texts_with(texts: FoldedBytes, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which texts hold a marked byte."""
    return times_held(texts, marked) > 0


def times_held(texts: FoldedBytes, marked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many marked bytes each text holds; `marked` may be shorter than the bytes."""
    places = np.flatnonzero(marked)
    if not len(places):
        return np.zeros(len(texts.bounds) - 1, dtype=np.int64)
    return np.diff(np.searchsorted(places, texts.bounds))


def in_blocks(texts: FoldedBytes, screen: Callable[[FoldedBytes], NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Return what a screen says of each text; a screen of many steps takes them over arrays that stay in the processor's cache."""
    if len(texts.data) <= _BLOCK:
        return screen(texts)
    last = len(texts.bounds) - 1
    cuts = np.unique(np.append(np.searchsorted(texts.bounds[:last], np.arange(0, len(texts.data), _BLOCK)), last)).tolist()
    parts = []
    for first, stop in pairwise(cuts):
        begin, end = int(texts.bounds[first]), int(texts.bounds[stop])
        parts.append(screen(FoldedBytes(texts.data[begin:end], texts.bounds[first : stop + 1] - begin)))
    return np.concatenate(parts)


def odd_texts(seen: Features) -> NDArray[np.bool_]:
    """Return which rows of a batch hold, in any turn, a character beyond ASCII or a control character other than white space."""
    return seen.once("odd-texts", lambda: _odd(bytes_of(seen.column("text"))))


def _odd(texts: FoldedBytes) -> NDArray[np.bool_]:
    marked = texts.data >= _DELETE
    low = np.flatnonzero(texts.data < _SPACE)
    marked[low[~_WHITE[texts.data[low]]]] = True
    return texts_with(texts, marked)
