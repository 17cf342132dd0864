"""MinHash signatures in 14 bands of 8, for a batch of texts at once.

A signature holds, for each of 112 hash functions, the smallest hash of a text's shingles. Two texts agree in one place with
the probability of their Jaccard similarity s (Broder 1997), in a whole band with s^8, and in some band with 1 - (1 - s^8)^14:
0.92 at s = 0.8, 0.9996 at 0.9, 0.08 at 0.5. The hash functions are multiply-shift, a * x + b modulo 2^32 with a odd
(Dietzfelbinger et al. 1997), over shingles that are mixed already. Their parameters come from splitmix64 (Steele et al. 2014),
not from numpy's generators, whose streams may change: a signature is the same on every machine and in every version.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from holdfast.similarity.shingles import LONG, PAIRS, RUNS, ZONE, Shingles, shingles
from holdfast.similarity.words import U64, Words

__all__ = ["BANDS", "ROWS_PER_BAND", "band_keys", "signatures"]

BANDS, ROWS_PER_BAND = 14, 8
HASHES = BANDS * ROWS_PER_BAND

_SEED = 0x486F6C6466617374
"""'Holdfast' in ASCII. Another number makes another signature of everything."""
_BLOCK = 16_384
"""Shingles per block, 7 MB of hashes: fewer cost calls, more cost memory."""


def _splitmix64(count: int) -> U64:
    """Return the first numbers of splitmix64 from the seed."""
    with np.errstate(over="ignore"):
        state = np.uint64(_SEED) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


_NUMBERS = _splitmix64(3 * HASHES)
_FACTORS = (_NUMBERS[:HASHES].astype(np.uint32) | np.uint32(1))[:, None]
_SHIFTS = _NUMBERS[HASHES : 2 * HASHES].astype(np.uint32)[:, None]
_WEIGHTS = (_NUMBERS[2 * HASHES :] | np.uint64(1)).reshape(BANDS, ROWS_PER_BAND, 1)
_NONE = np.uint32(0xFFFFFFFF)


def signatures(found: Shingles) -> NDArray[np.uint32]:
    """Return the signatures, one row of 112 per text; a text without shingles has the largest number everywhere."""
    texts = np.flatnonzero(np.diff(found.bounds))
    starts = found.bounds[texts]
    # Texts side by side, so that a hash function writes into one place.
    made = np.full((HASHES, len(texts)), _NONE, dtype=np.uint32)
    for begin in range(0, len(found.hashes), _BLOCK):
        block = (found.hashes[begin : begin + _BLOCK] >> np.uint64(32)).astype(np.uint32)
        # The texts that reach into the block; the first of them may have begun before it.
        inside = slice(int(np.searchsorted(starts, begin, side="right")) - 1, int(np.searchsorted(starts, begin + len(block))))
        own = made[:, inside]
        np.minimum(own, _smallest(block, np.maximum(starts[inside] - begin, 0)), out=own)
    if len(texts) == len(found.bounds) - 1:
        return made.T
    signed = np.full((HASHES, len(found.bounds) - 1), _NONE, dtype=np.uint32)
    signed[:, texts] = made
    return signed.T


def _smallest(values: NDArray[np.uint32], starts: NDArray[np.int64]) -> NDArray[np.uint32]:
    hashed = values[None, :] * _FACTORS
    hashed += _SHIFTS
    return np.minimum.reduceat(hashed, starts, axis=1)


def band_keys(words: Words) -> U64:
    """Return one key per text and band, shape (texts, 14): two texts that share a key in a band are worth comparing.

    Short texts are signed by pairs of words, long ones by runs of five, and those near the border by pairs in even bands and by
    runs in odd ones. A text without words gets keys too; leave it out, or all empty texts are one.
    """
    counts = words.counts
    keys = np.zeros((BANDS, len(counts)), dtype=np.uint64)
    short, near = counts < ZONE[0], (counts >= ZONE[0]) & (counts < ZONE[1])
    for size, alone, bands in ((PAIRS, short, slice(0, None, 2)), (RUNS, ~short & ~near, slice(1, None, 2))):
        texts = np.flatnonzero(alone | near)
        if len(texts):
            made = _keys(signatures(shingles(words, size, None if len(texts) == len(counts) else texts)))
            keys[:, alone] = made[:, alone[texts]]
            keys[bands, near] = made[bands, near[texts]]
    return keys.T


def _keys(signed: NDArray[np.uint32]) -> U64:
    places = signed.T.reshape(BANDS, ROWS_PER_BAND, -1)
    keys = np.zeros((BANDS, len(signed)), dtype=np.uint64)
    for place in range(ROWS_PER_BAND):
        keys += places[:, place] * _WEIGHTS[:, place]
    return keys


assert ZONE[0] < LONG < ZONE[1]
