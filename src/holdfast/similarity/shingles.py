"""Shingles: the runs of words by whose overlap two texts are compared.

Short texts are cut into pairs of words, long ones into runs of five: one changed word in a row of 60 words changes 5 of its 56
fives and 2 of its 59 pairs, so that fives miss most edited copies of short rows, and pairs of long ones are found by chance.
(Broder, "On the resemblance and containment of documents", 1997, for shingles; the lengths were measured on chat rows.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.similarity.words import U64, Words, hash_texts, mixed, powers

__all__ = ["LONG", "PAIRS", "RUNS", "ZONE", "Shingles", "shingles"]

PAIRS, RUNS = 2, 5
"""Words in a shingle of a short text, and of a long one."""
LONG = 150
"""Words from which a text is long."""
ZONE = (135, 165)
"""Texts of this many words are looked up by both kinds, so that a copy may cross the border."""

_FACTOR = np.uint64(0x9FB21C651E98DF25)
"""Odd; the weight of a word falls by it from the first word of a shingle to the last."""


_BLOCK = 1 << 15
"""Words that are worked on at once, so that the arrays stay in the processor's cache."""
_INVERSE = pow(int(_FACTOR), -1, 1 << 64)
_LONG_RUN = 6
"""Words from which on a run is hashed by differences of sums: as many steps for any length."""


class Shingles(NamedTuple):
    """Shingles of a batch of texts, with repeats."""

    hashes: U64
    bounds: NDArray[np.int64]
    """Text i has the shingles `bounds[i]` up to `bounds[i + 1]`; at least one where it has a word."""


def shingles(words: Words, size: int, texts: NDArray[np.int64] | None = None) -> Shingles:
    """Return all runs of `size` words of each text (of those numbered in `texts`, where given).

    A text with fewer words is one shingle; one with no word has none.
    """
    chosen = words if texts is None else _of(words, texts)
    hashes = _mixed_runs(chosen.hashes, size)
    counts = chosen.counts
    short = np.flatnonzero((counts > 0) & (counts < size))
    if len(short):
        hashes[chosen.bounds[short]] = hash_texts(_of(chosen, short))
    return _complete(hashes, chosen.bounds, counts, size)


def _mixed_runs(words: U64, size: int) -> U64:
    """Return a hash of the run that begins at each word; 0 where none begins."""
    hashes = np.empty(len(words), dtype=np.uint64)
    for begin in range(0, len(words), _BLOCK):
        end = min(begin + _BLOCK, len(words))
        hashes[begin:end] = mixed(_runs(words[begin : end + size - 1], size))[: end - begin]
    return hashes


def _runs(words: U64, size: int) -> U64:
    """Return the sum of the words of each run, each times a power of `_FACTOR` that is 0 for the last; 0 where no run begins."""
    hashes = np.zeros(len(words), dtype=np.uint64)
    reach = max(0, len(words) - size + 1)
    if size < _LONG_RUN or not reach:
        for place in range(size):
            hashes[:reach] *= _FACTOR
            hashes[:reach] += words[place : place + reach]
        return hashes
    # Sum of word / factor^place up to each word; the difference over a run, times the power of its last place, is the same number.
    sums = np.zeros(len(words) + 1, dtype=np.uint64)
    np.cumsum(words * powers(_INVERSE, len(words)), out=sums[1:])
    hashes[:reach] = (sums[size:] - sums[:reach]) * powers(int(_FACTOR), len(words))[size - 1 :]
    return hashes


def _complete(hashes: U64, bounds: NDArray[np.int64], counts: NDArray[np.int64], size: int) -> Shingles:
    """Leave out the runs that would reach into the next text."""
    kept = np.ones(len(hashes), dtype=bool)
    for back in range(1, size):
        last = bounds[1:] - back
        # The first run of a text stays, however short the text.
        kept[last[counts > back]] = False
    held = np.minimum(counts, np.maximum(counts - size + 1, 1))
    return Shingles(hashes[kept], np.concatenate([[0], np.cumsum(held)]).astype(np.int64))


def _of(words: Words, texts: NDArray[np.int64]) -> Words:
    """Return the words of some texts only, without their places: no shingle asks where its words stand."""
    counts = words.counts[texts]
    bounds = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    where = np.arange(bounds[-1])
    where += np.repeat(words.bounds[texts] - bounds[:-1], counts)
    return Words(words.hashes.take(where), words.starts[:0], words.ends[:0], bounds)
