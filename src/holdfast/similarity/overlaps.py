"""Sets of shingles and the sizes of their overlaps, exactly, for many texts and many pairs at once.

Ragged rows are laid out as rectangles, texts of about the same length together, and sorted along the short side.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.similarity.shingles import shingles
from holdfast.similarity.words import U64, Words

__all__ = ["ShingleSets", "contained", "joined", "overlaps", "shingle_sets"]

_AREA = 1 << 20
"""Cells of one rectangle: 8 MiB."""
_PAD = np.uint64(0xFFFFFFFFFFFFFFFF)


class ShingleSets(NamedTuple):
    """The set of shingles of each text, as 64-bit hashes."""

    values: U64
    """Ascending within a text."""
    bounds: NDArray[np.int64]
    """Text i has the values `bounds[i]` up to `bounds[i + 1]`."""

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Shingles per text."""
        return np.diff(self.bounds)

    def taken(self, texts: NDArray[np.int64]) -> ShingleSets:
        """Return the sets of some texts, in the order asked."""
        sizes = self.sizes[texts]
        bounds = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        return ShingleSets(_gathered(self.values, self.bounds[texts], sizes), bounds)

    def without(self, common: U64) -> ShingleSets:
        """Return the sets without some shingles."""
        kept = ~np.isin(self.values, common)
        before = np.concatenate([[0], np.cumsum(kept)])
        return ShingleSets(self.values[kept], before[self.bounds])


def shingle_sets(words: Words, size: int) -> ShingleSets:
    """Return the set of runs of `size` words of each text."""
    found = shingles(words, size)
    counts = np.diff(found.bounds)
    parts: list[tuple[NDArray[np.int64], NDArray[np.bool_], U64]] = []
    sizes = np.zeros(len(counts), dtype=np.int64)
    for texts in _blocks(counts):
        cells = _rectangle(_gathered(found.hashes, found.bounds[texts], counts[texts]), counts[texts])
        cells.sort(axis=1)
        new = np.ones(cells.shape, dtype=bool)
        new[:, 1:] = cells[:, 1:] != cells[:, :-1]
        new &= np.arange(cells.shape[1]) < counts[texts][:, None]
        sizes[texts] = new.sum(axis=1)
        parts.append((texts, new, cells))
    bounds = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    values = np.empty(bounds[-1], dtype=np.uint64)
    for texts, new, cells in parts:
        values[(bounds[texts][:, None] + np.cumsum(new, axis=1) - 1)[new]] = cells[new]
    return ShingleSets(values, bounds)


def overlaps(sets: ShingleSets, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many shingles the texts `left[i]` and `right[i]` share, for every pair."""
    sizes = sets.sizes
    both = sizes[left] + sizes[right]
    sides = np.stack([left, right], axis=1)
    shared = np.zeros(len(left), dtype=np.int64)
    for pairs in _blocks(both):
        texts = sides[pairs].ravel()
        cells = _rectangle(_gathered(sets.values, sets.bounds[texts], sizes[texts]), both[pairs])
        cells.sort(axis=1)
        twice = cells[:, 1:] == cells[:, :-1]
        # Padding is equal to itself, and stands last.
        twice &= np.arange(1, cells.shape[1]) < both[pairs][:, None]
        shared[pairs] = np.count_nonzero(twice, axis=1)
    return shared


def contained(sets: ShingleSets, left: NDArray[np.int64], right: NDArray[np.int64], share: float) -> NDArray[np.bool_]:
    """Return, for every pair, whether one text has at least `share` of the shingles of the other.

    An empty text is contained in an empty one only.
    """
    sizes = sets.sizes
    smaller, larger = np.minimum(sizes[left], sizes[right]), np.maximum(sizes[left], sizes[right])
    held: NDArray[np.bool_] = np.where(smaller > 0, overlaps(sets, left, right) >= share * smaller, larger == 0)
    return held


def joined(parts: list[ShingleSets]) -> ShingleSets:
    """Return the sets of several batches as one."""
    if not parts:
        return ShingleSets(np.zeros(0, dtype=np.uint64), np.zeros(1, dtype=np.int64))
    sizes = np.concatenate([part.sizes for part in parts])
    return ShingleSets(np.concatenate([part.values for part in parts]), np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))


def _blocks(lengths: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yield the places of all that is longer than 0, in groups of about the same length that fill one rectangle."""
    order = np.argsort(lengths, kind="stable")
    order = order[np.searchsorted(lengths[order], 1) :]
    start = 0
    while start < len(order):
        count = max(1, _AREA // int(lengths[order[start]]))
        # A rectangle is as wide as its longest row: no more rows than fit, and none twice as long as the first.
        longest = np.searchsorted(lengths[order], 2 * lengths[order[start]], side="right")
        stop = min(start + count, int(longest), len(order))
        while stop > start + 1 and (stop - start) * int(lengths[order[stop - 1]]) > 2 * _AREA:
            stop = start + (stop - start) // 2
        yield order[start:stop]
        start = stop


def _gathered(values: U64, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> U64:
    """Return stretches of some values, one after another."""
    where = np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)
    where += np.arange(len(where))
    return values.take(where)


def _rectangle(values: U64, sizes: NDArray[np.int64]) -> U64:
    """Return values that stand one after another as rows of these sizes, padded at their ends."""
    width = int(sizes.max())
    cells = np.full((len(sizes), width), _PAD, dtype=np.uint64)
    cells[np.arange(width) < sizes[:, None]] = values
    return cells
