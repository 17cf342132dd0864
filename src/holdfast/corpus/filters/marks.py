"""Marks in a batch of folded texts: how often one stands in each text, and which lines begin or end with one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from holdfast.corpus.filters.characters import last_codes
from holdfast.corpus.filters.lines import Runs
from holdfast.similarity.folding import FoldedBytes
from holdfast.similarity.words import Words

__all__ = ["ELLIPSIS", "TERMINAL", "count_bytes", "count_ellipses", "ending_in", "ending_in_ellipsis", "with_code"]

ELLIPSIS = 3
"""Dots that make an ellipsis; folding turns the character for it into them."""
_DOT = ord(".")

TERMINAL = (
    ".", "!", "?", "\u3002", "\u203c", "\u203d", "\u0589", "\u061f", "\u06d4", "\u0700", "\u0701", "\u0702", "\u07f9", "\u0964", "\u0965",
    "\u104a", "\u104b", "\u1362", "\u1367", "\u1368", "\u166e", "\u17d4", "\u17d5", "\u1803", "\u1809", "\ua4ff", "\ua60e", "\ua6f3",
    "\ua6f7", "\uabeb",
)  # fmt: skip
"""Marks that end a sentence, of the scripts in wide use (from Unicode's property Sentence_Terminal, after compatibility folding)."""


def count_bytes(texts: FoldedBytes, mark: str) -> NDArray[np.int64]:
    """Return how often an ASCII character stands in each text."""
    return np.diff(np.searchsorted(np.flatnonzero(texts.data == ord(mark)), texts.bounds))


def count_ellipses(texts: FoldedBytes) -> NDArray[np.int64]:
    """Return how many ellipses stand in each text: a run of dots is as many as it has threes."""
    dots = np.flatnonzero(texts.data == _DOT)
    new = np.ones(len(dots), dtype=bool)
    new[1:] = np.diff(dots) > 1
    # A run of dots ends where its text does.
    at = np.searchsorted(dots, texts.bounds[:-1])
    new[at[at < len(dots)]] = True
    first = np.flatnonzero(new)
    sums = np.zeros(len(first) + 1, dtype=np.int64)
    np.cumsum(np.diff(np.append(first, len(dots))) // ELLIPSIS, out=sums[1:])
    return np.diff(sums[np.searchsorted(dots[first], texts.bounds)])


def with_code(codes: NDArray[np.uint32], marks: Sequence[str]) -> NDArray[np.bool_]:
    """Return which code points are among some characters."""
    wanted = np.array([ord(mark) for mark in marks], dtype=np.uint32)
    table = np.zeros(int(wanted.max()) + 2, dtype=bool)
    table[wanted] = True
    return table[np.minimum(codes, len(table) - 1)]


def ending_in(data: NDArray[np.uint8], runs: Words | Runs, marks: Sequence[str]) -> NDArray[np.bool_]:
    """Return which runs end in one of some characters."""
    return with_code(last_codes(data, runs.ends), marks)


def ending_in_ellipsis(data: NDArray[np.uint8], runs: Words | Runs) -> NDArray[np.bool_]:
    """Return which runs end in an ellipsis."""
    found: NDArray[np.bool_] = runs.ends - runs.starts >= ELLIPSIS
    for back in range(1, ELLIPSIS + 1):
        found &= data[np.maximum(runs.ends - back, 0)] == _DOT
    return found
