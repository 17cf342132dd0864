"""Every run of one to five tokens, by the rows that hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from holdfast.detectors.triggers.words import MARKS, Prompts

if TYPE_CHECKING:
    from scipy import sparse

__all__ = ["LEAST_ROWS", "LONGEST", "Grams", "count_grams"]

LONGEST = 5
LEAST_ROWS = 3
"""Rows that must hold a run: with fewer, nothing can be told from chance (minimum support of the method)."""
_MIX = np.uint64(0x9E3779B97F4A7C15)


class Grams:
    """Runs that at least LEAST_ROWS rows hold."""

    def __init__(self, prompts: Prompts, starts: NDArray[np.int64], lengths: NDArray[np.int8], held: sparse.csr_matrix) -> None:
        self._prompts = prompts
        self._starts, self._lengths = starts, lengths
        self.held = held
        """Runs by rows, 1 where the row holds the run."""

    def __len__(self) -> int:
        """Number of runs."""
        return len(self._starts)

    @property
    def lengths(self) -> NDArray[np.int8]:
        """Tokens of each run."""
        return self._lengths

    def tokens(self, number: int) -> tuple[int, ...]:
        """Return the token numbers of a run."""
        start = int(self._starts[number])
        return tuple(self._prompts.tokens[start : start + int(self._lengths[number])].tolist())

    def rows(self, number: int) -> NDArray[np.int32]:
        """Return the places of the rows that hold a run, ascending."""
        found: NDArray[np.int32] = self.held.indices[self.held.indptr[number] : self.held.indptr[number + 1]]
        return found


def count_grams(prompts: Prompts) -> Grams:
    """Return every run of one to five tokens of one turn that three rows and more hold; runs of marks alone are left out."""
    tokens, rows, turns = prompts.tokens, prompts.rows, prompts.turns
    keys = np.zeros(len(tokens), dtype=np.uint64)
    often = np.ones(len(tokens), dtype=bool)
    found: list[tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.int32], NDArray[np.int64]]] = []
    offset = 0
    for length in range(1, LONGEST + 1):
        if length > len(tokens):
            break
        last = length - 1
        # A run's key is its own start of length - 1, mixed with one more token; keys of one length are compared only with each other.
        keys = _mixed(keys[: len(tokens) - last], tokens[last:])
        whole = turns[: len(keys)] == turns[last:]
        of_marks = np.zeros(len(keys), dtype=bool)
        if length <= 2:
            of_marks = (tokens[: len(keys)] < len(MARKS)) & (tokens[last:] < len(MARKS))
        # A run that enough rows hold begins and ends with runs that they hold (Agrawal and Srikant, 1994): most places need no more look.
        whole &= often[: len(keys)] & (often[1:] if last else True)
        places = np.flatnonzero(whole & ~of_marks)
        # Rows ascend along the tokens, so that those of one key ascend once keys are sorted in a stable way.
        places = places[np.argsort(keys[places], kind="stable")]
        other = np.ones(len(places), dtype=bool)
        other[1:] = keys[places[1:]] != keys[places[:-1]]
        first, gram, row = places[other], np.cumsum(other) - 1, rows[places]
        once = other
        once[1:] |= row[1:] != row[:-1]
        enough = np.bincount(gram[once], minlength=len(first)) >= LEAST_ROWS
        often = whole & of_marks
        often[places[enough[gram]]] = True
        gram, row = gram[once], row[once]
        number = np.cumsum(enough) - 1
        chosen = enough[gram]
        size = int(enough.sum())
        found.append((first[enough], np.full(size, length, dtype=np.int8), row[chosen], number[gram[chosen]] + offset))
        offset += size
    starts = np.concatenate([part[0] for part in found]) if found else np.zeros(0, dtype=np.int64)
    lengths = np.concatenate([part[1] for part in found]) if found else np.zeros(0, dtype=np.int8)
    columns = np.concatenate([part[2] for part in found]) if found else np.zeros(0, dtype=np.int32)
    lines = np.concatenate([part[3] for part in found]) if found else np.zeros(0, dtype=np.int64)
    # Imported here: it takes a tenth of a second, and a scan that only looks at rows needs none.
    from scipy import sparse

    held = sparse.csr_matrix((np.ones(len(lines), dtype=np.float32), (lines, columns)), shape=(offset, prompts.count))
    held.sort_indices()
    return Grams(prompts, starts, lengths, held)


def _mixed(keys: NDArray[np.uint64], tokens: NDArray[np.int32]) -> NDArray[np.uint64]:
    """Mix one more token into keys: two runs share a key with a chance of about 2**-64."""
    with np.errstate(over="ignore"):
        mixed = (keys ^ (tokens.astype(np.uint64) + np.uint64(1))) * _MIX
        return mixed ^ (mixed >> np.uint64(29))
