"""From band keys to pairs of rows that are worth comparing, one band at a time.

Memory is what one band takes (a key and a place per row) and the pairs found so far. A bucket of many rows, which a common
opening or template makes, gives pairs with one of its rows only; which one depends on the rows' content and not on their order.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from holdfast.similarity.words import U64

__all__ = ["SMALL_BUCKET", "Pairs", "candidate_pairs", "maybe_shared"]

Pairs = NDArray[np.int64]
"""Shape (pairs, 2): places of two rows, the smaller one first."""

SMALL_BUCKET = 8
"""Rows up to which all pairs of a bucket are candidates: at most 3.5 pairs per row and band."""

_SHIFT = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_LIKELY_BITS = 20
_LIKELY_SHIFT = np.uint32(32 - _LIKELY_BITS)


def candidate_pairs(bands: Iterable[U64], content: U64, centres: int = 1) -> Pairs:
    """Return the pairs of rows that share a key in some band, sorted, each once.

    Args:
        bands: per band, one key per row.
        content: a hash of each row's content, which settles the middle of a large bucket.
        centres: rows of a large bucket with which all its rows are paired, up to `SMALL_BUCKET`. Edited copies of one text resemble it
            and not always each other: where there are many of each text, more centres find more of them.
    """
    found = np.zeros(0, dtype=np.uint64)
    for keys in bands:
        found = _merged(found, _pairs_of_band(keys, content, centres))
    return np.stack([found >> _SHIFT, found & _LOW], axis=1).astype(np.int64)


def _merged(found: U64, more: U64) -> U64:
    """Return the different values of `found`, which ascends, and `more`, ascending."""
    # Not `np.union1d`, which puts every value into a hash table: the stable sort merges two ascending runs in one pass.
    both = np.sort(np.concatenate([found, np.sort(more)]), kind="stable")
    new = np.ones(len(both), dtype=bool)
    new[1:] = both[1:] != both[:-1]
    return both[new]


def _pairs_of_band(keys: U64, content: U64, centres: int) -> U64:
    order, first, sizes = _buckets(keys)
    made = [_stars(order, first[sizes > SMALL_BUCKET], sizes[sizes > SMALL_BUCKET], content, centres)]
    for size in range(2, SMALL_BUCKET + 1):
        members = order[first[sizes == size][:, None] + np.arange(size)]
        left, right = np.triu_indices(size, 1)
        made.append(_coded(members[:, left].ravel(), members[:, right].ravel()))
    return np.concatenate(made)


def _buckets(keys: U64) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return (rows, bucket by bucket; where each bucket begins; how many rows it has); most rows that are alone are left out."""
    shared = maybe_shared(keys)
    order = shared[np.argsort(keys[shared])]
    own = keys[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = own[1:] != own[:-1]
    first = np.flatnonzero(new)
    return order, first, np.diff(np.append(first, len(order)))


def maybe_shared(keys: U64) -> NDArray[np.int64]:
    """Return the places, ascending, of all keys that occur more than once, and of a few that do not."""
    # Halves of keys are sorted several times as fast as places, and most are alone: only rows that may share one are put in order.
    halves = (keys >> _SHIFT).astype(np.uint32)
    ordered = np.sort(halves)
    likely = np.zeros(1 << _LIKELY_BITS, dtype=bool)
    likely[ordered[1:][ordered[1:] == ordered[:-1]] >> _LIKELY_SHIFT] = True
    return np.flatnonzero(likely[halves >> _LIKELY_SHIFT])


def _stars(order: NDArray[np.int64], first: NDArray[np.int64], sizes: NDArray[np.int64], content: U64, centres: int) -> U64:
    """Pair every row of each large bucket with its rows of smallest content hash."""
    if not len(first):
        return np.zeros(0, dtype=np.uint64)
    starts = np.cumsum(sizes) - sizes
    members = order[np.arange(sizes.sum()) + np.repeat(first - starts, sizes)]
    members = members[np.lexsort((members, content[members], np.repeat(np.arange(len(sizes)), sizes)))]
    made = []
    for centre in range(centres):
        middle = np.repeat(members[starts + centre], sizes)
        apart = members != middle
        made.append(_coded(middle[apart], members[apart]))
    return np.concatenate(made)


def _coded(left: NDArray[np.int64], right: NDArray[np.int64]) -> U64:
    low, high = np.minimum(left, right).astype(np.uint64), np.maximum(left, right).astype(np.uint64)
    return (low << _SHIFT) | high
