"""What is said more than once within a text: lines, and runs of words, for a whole batch at once.

A run of n + 1 words can stand twice only where its first n words and its last n words do, so that longer and longer runs
are looked for in fewer and fewer places: after pairs, little of a normal text is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.similarity.words import U64, Words, mixed

__all__ = ["Repeated", "repeated_runs", "seen_before"]

_TEXT = np.uint64(0x9E3779B97F4A7C15)
_RUN = np.uint64(0x9FB21C651E98DF25)
"""Odd multipliers: one makes equal words of two texts differ, one makes the order of words count."""


class Repeated(NamedTuple):
    """Runs of `size` words that stand more than once in their text."""

    size: int
    places: NDArray[np.int64]
    """The number of the first word of each such run, ascending."""
    again: NDArray[np.bool_]
    """Whether an equal run starts earlier in the text."""
    times: NDArray[np.int64]
    """How often the run stands in the text, overlapping ones counted."""


def seen_before(hashes: U64, texts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether an equal hash stands earlier in the same text; `texts` says which text each one is of."""
    order, new = _sorted(_keys(hashes, texts))
    found = np.zeros(len(hashes), dtype=bool)
    found[order[~new]] = True
    return found


def repeated_runs(words: Words, texts: NDArray[np.int64], longest: int) -> Iterator[Repeated]:
    """Yield the repeated runs of 2, 3 and so on up to `longest` words; `texts` says which text each word is of."""
    count = len(words.hashes)
    places = np.flatnonzero(texts[1:] == texts[:-1]) if count else np.zeros(0, dtype=np.int64)
    runs = words.hashes[places]
    for size in range(2, longest + 1):
        runs = mixed(runs * _RUN + words.hashes[places + size - 1])
        repeated = _groups(size, places, _keys(runs, texts[places]))
        yield repeated
        kept = np.searchsorted(places, repeated.places)
        # A longer run may start where a repeated one does, if another starts at its second word.
        next_too = np.zeros(len(kept), dtype=bool)
        next_too[:-1] = np.diff(repeated.places) == 1
        inside = next_too & (repeated.places + size < count)
        inside[inside] = texts[repeated.places[inside]] == texts[repeated.places[inside] + size]
        places, runs = repeated.places[inside], runs[kept[inside]]


def _keys(hashes: U64, texts: NDArray[np.int64]) -> U64:
    return mixed(hashes + (texts.astype(np.uint64) + np.uint64(1)) * _TEXT)


def _groups(size: int, places: NDArray[np.int64], keys: U64) -> Repeated:
    order, new = _sorted(keys)
    first = np.flatnonzero(new)
    counts = np.diff(np.append(first, len(order)))
    times = np.zeros(len(keys), dtype=np.int64)
    times[order] = np.repeat(counts, counts)
    again = np.zeros(len(keys), dtype=bool)
    again[order[~new]] = True
    kept = np.flatnonzero(times > 1)
    return Repeated(size, places[kept], again[kept], times[kept])


def _sorted(keys: U64) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the places of keys, equal ones together and in their order, and which of them is the first of its kind."""
    bits = max(1, len(keys).bit_length())
    mask = np.uint64((1 << bits) - 1)
    # Sorting plain numbers is several times faster than sorting places: the place rides in the lowest bits.
    packed = (keys & ~mask) | np.arange(len(keys), dtype=np.uint64)
    packed.sort()
    order = (packed & mask).astype(np.int64)
    sorted_keys = keys[order]
    new = np.ones(len(keys), dtype=bool)
    new[1:] = sorted_keys[1:] != sorted_keys[:-1]
    if np.any(new[1:] & ((packed[1:] & ~mask) == (packed[:-1] & ~mask))):
        # Two keys that differ in their lowest bits only may stand mixed: sort them whole.
        order = np.argsort(keys, kind="stable")
        sorted_keys = keys[order]
        new[1:] = sorted_keys[1:] != sorted_keys[:-1]
    return order, new
