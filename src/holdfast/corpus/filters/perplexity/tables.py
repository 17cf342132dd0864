"""Numbers by 64-bit hash, looked up for many hashes at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from holdfast.similarity.words import U64

__all__ = ["Table"]


class Table:
    """Sorted hashes with a number each. Hashes are spread evenly, so their first bits tell almost where each one stands."""

    def __init__(self, hashes: U64, values: NDArray[np.float32]) -> None:
        """Take hashes in ascending order without repeats, and one value for each."""
        self.hashes, self.values = hashes, values
        bits = max(1, len(hashes).bit_length())
        self._shift = np.uint64(64 - bits)
        firsts = np.arange(1 << bits, dtype=np.uint64) << self._shift
        self._starts = np.append(np.searchsorted(hashes, firsts), len(hashes)).astype(np.int32)

    def get(self, hashes: U64, default: float) -> NDArray[np.float32]:
        """Return the value of each hash, `default` where there is none."""
        found = np.full(len(hashes), default, dtype=np.float32)
        bucket = (hashes >> self._shift).astype(np.int64)
        at, stop = self._starts[bucket], self._starts[bucket + 1]
        open_ = np.flatnonzero(at < stop)
        while len(open_):
            place = at[open_]
            same = self.hashes[place] == hashes[open_]
            hit = open_[same]
            found[hit] = self.values[at[hit]]
            at[open_] += 1
            open_ = open_[~same]
            open_ = open_[at[open_] < stop[open_]]
        return found
