"""Hashed n-grams of words, of letters and of classes of words for many texts at once: numpy arrays, no Python loop over grams.

A word is a run of letters and digits, or one Han character. Word grams are single words, neighbours, threes, fours of Han,
and pairs with one word between; letter grams are runs of letters inside a word with the blanks at its ends; class grams are
runs of the classes of words (`word_classes`) and of marks of shape between them (`skeleton`). Each gram goes to one of `BUCKETS`
buckets (the hashing trick: Weinberger et al. 2009); bucket 0 means "no gram here".

All arithmetic is modulo 2^32, so that a gram's bucket never depends on where in a batch it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from holdfast.detectors.harm.characters import HAN, LETTER, Characters, read_characters
from holdfast.detectors.harm.skeleton import Words, skeleton
from holdfast.detectors.harm.word_classes import LONGEST, class_lookups

__all__ = ["BUCKETS", "LETTER_GRAMS", "Block", "Kind", "gram_blocks", "phrase_hashes", "read_words"]

BITS = 20
BUCKETS = 1 << BITS
LETTER_GRAMS = (5,)

_BASE = 0x01000193
"""Multiplier of the rolling hash; odd, so that it has an inverse modulo 2^32."""
_INVERSE = pow(_BASE, -1, 1 << 32)
_MIX_1, _MIX_2 = 0x7FEB352D, 0x846CA68B
"""Multipliers of the 32-bit finaliser 'lowbias32' (Wellons 2018)."""
_WORD, _PAIR, _THREE, _SKIP, _FOUR, _LETTERS = 0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F, 0x165667B1, 0xD3A2646C
_CLASS_GRAMS = (
    (0, 0x1B873593, False),
    (1, 0xCC9E2D51, False),
    (2, 0x52DCE729, False),
    (2, 0x38495AB5, True),
    (3, 0x239B961B, False),
    (3, 0xAB0E9789, True),
)
"""Class grams: how many classes they reach ahead, their salt, and whether they skip what stands between."""
_SPREAD = 2654435761
"""Knuth's multiplier, which turns small class numbers into hashes."""


class Kind(IntEnum):
    """What a gram is made of."""

    WORDS = 0
    LETTERS = 1
    CLASSES = 2


Buckets = NDArray[np.uint32]
Block = tuple[Kind, Buckets, NDArray[np.int64]]


def gram_blocks(texts: Sequence[str]) -> Iterator[Block]:
    """Yield blocks of buckets with their kind and bounds: text i's buckets stand at `bounds[i]` up to `bounds[i + 1]`.

    Every block covers every text. A bucket 0 stands where there is no gram, and counts for nothing.
    """
    characters = read_characters(texts)
    words = read_words(characters)
    runs = _run_hashes(words.hashes, LONGEST - 1)
    yield from _word_blocks(words, runs)
    yield from _letter_blocks(characters)
    yield from _class_blocks(characters, words, runs)


def phrase_hashes(phrases: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return a hash per phrase, and the number of its words; a phrase of more than `LONGEST` words has hash 0."""
    hashes, _, _, bounds, _ = read_words(read_characters(phrases))
    lengths = np.diff(bounds)
    found = np.zeros(len(phrases), dtype=np.uint32)
    for length, runs in enumerate(_run_hashes(hashes, LONGEST - 1), start=1):
        chosen = np.flatnonzero(lengths == length)
        found[chosen] = runs[bounds[chosen]]
    return found, lengths


def _bucket(hashes: NDArray[np.uint32], salt: int) -> Buckets:
    """Return buckets 1 to BUCKETS - 1."""
    hashes = hashes ^ np.uint32(salt)
    hashes ^= hashes >> np.uint32(16)
    hashes *= np.uint32(_MIX_1)
    hashes ^= hashes >> np.uint32(15)
    hashes *= np.uint32(_MIX_2)
    hashes >>= np.uint32(32 - BITS)
    np.maximum(hashes, np.uint32(1), out=hashes)
    return hashes


def _powers(base: int, count: int) -> NDArray[np.uint32]:
    powers = np.full(count, base, dtype=np.uint32)
    powers[:1] = 1
    return np.multiply.accumulate(powers, dtype=np.uint32)


def read_words(characters: Characters) -> Words:
    """Return the words of all texts with a hash each."""
    codes, kinds = characters.codes, characters.kinds
    letter, han = kinds == LETTER, kinds == HAN
    starts = han.copy()
    starts[1:] |= letter[1:] & ~letter[:-1]
    ends = han.copy()
    ends[:-1] |= letter[:-1] & ~letter[1:]
    first, last = np.flatnonzero(starts), np.flatnonzero(ends)
    # Sum of code * base^position up to each place; the difference over a word, moved back to position 0, is the word's hash.
    sums = np.zeros(len(codes) + 1, dtype=np.uint32)
    np.cumsum(codes * _powers(_BASE, len(codes)), dtype=np.uint32, out=sums[1:])
    hashes = (sums[last + 1] - sums[first]) * _powers(_INVERSE, len(codes))[first]
    bounds = np.searchsorted(first, characters.starts).astype(np.int64)
    return Words(hashes, first, last, bounds, han[first])


def _word_blocks(words: Words, runs: Sequence[NDArray[np.uint32]]) -> Iterator[Block]:
    for reach, salt in ((0, _WORD), (1, _PAIR), (2, _THREE), (2, _SKIP), (3, _FOUR)):
        buckets = _buckets_of_runs(runs, words.bounds, reach, salt, skip=salt == _SKIP)
        if salt == _FOUR:
            buckets[~words.han] = 0
        yield Kind.WORDS, buckets, words.bounds


def _class_blocks(characters: Characters, words: Words, runs: Sequence[NDArray[np.uint32]]) -> Iterator[Block]:
    tokens, bounds = skeleton(characters, words, *_classes(runs, words.bounds))
    runs = _run_hashes(tokens * np.uint32(_SPREAD), max(reach for reach, _, _ in _CLASS_GRAMS))
    for reach, salt, skip in _CLASS_GRAMS:
        yield Kind.CLASSES, _buckets_of_runs(runs, bounds, reach, salt, skip=skip), bounds


def _classes(runs: Sequence[NDArray[np.uint32]], bounds: NDArray[np.int64]) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """Return the class of the longest known phrase that begins at each word, 0 for none, and which words lie inside such a phrase."""
    count = len(runs[0])
    classes = np.zeros(count, dtype=np.uint32)
    covered = np.zeros(count + LONGEST, dtype=np.bool_)
    ends = np.repeat(bounds[1:], np.diff(bounds)) if count else bounds[:0]
    for length, known in class_lookups().items():
        places, found = known.find(runs[length - 1])
        free = (classes[places] == 0) & ~covered[places] & (places + length <= ends[places])
        begins = places[free]
        classes[begins] = found[free]
        for step in range(1, length):
            covered[begins + step] = True
    return classes, covered[:count]


def _run_hashes(hashes: NDArray[np.uint32], reach: int) -> list[NDArray[np.uint32]]:
    """Return a hash of each run of 1, 2 ... `reach + 1` hashes; runs that leave the array have no meaning."""
    runs = [hashes]
    for step in range(1, reach + 1):
        longer = runs[-1] * np.uint32(_BASE)
        longer[: max(0, len(hashes) - step)] += hashes[step:]
        runs.append(longer)
    return runs


def _buckets_of_runs(runs: Sequence[NDArray[np.uint32]], bounds: NDArray[np.int64], reach: int, salt: int, *, skip: bool) -> Buckets:
    """Return a bucket for each run of `reach + 1` hashes, or for its two ends only (`skip`).

    A run belongs to the text of its first hash, and is none where it would reach into the next text.
    """
    single, count = runs[0], len(runs[0])
    chosen = runs[reach]
    if skip:
        chosen = single * np.uint32(_BASE)
        chosen[: max(0, count - reach)] += single[reach:]
    buckets = _bucket(chosen, salt)
    buckets[_too_near_the_end(bounds, reach, count)] = 0
    return buckets


def _too_near_the_end(bounds: NDArray[np.int64], reach: int, count: int) -> NDArray[np.int64]:
    ends = bounds[1:, None] - np.arange(1, reach + 1)
    return ends[(ends >= bounds[:-1, None]) & (ends < count)]


def _letter_blocks(characters: Characters) -> Iterator[Block]:
    """Yield letter grams; blanks stand only at their ends, and a Han character is no letter."""
    codes = characters.codes
    outer = characters.kinds != HAN
    inner = characters.kinds == LETTER
    for length in LETTER_GRAMS:
        size = max(0, len(codes) - length + 1)
        grams = np.zeros(size, dtype=np.uint32)
        for step in range(length):
            grams *= np.uint32(_BASE)
            grams += codes[step : step + size]
        valid = outer[:size] & outer[length - 1 : length - 1 + size]
        for step in range(1, length - 1):
            valid &= inner[step : step + size]
        buckets = _bucket(grams, (_LETTERS + length) & 0xFFFFFFFF)
        buckets[~valid] = 0
        yield Kind.LETTERS, buckets, np.minimum(characters.starts, size)
