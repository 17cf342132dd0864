"""Exact Jaccard similarity of every candidate pair, a task per group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.corpus.duplicates.candidates import Candidates
from holdfast.corpus.duplicates.shelved_sets import SetFiles
from holdfast.corpus.work import Work
from holdfast.similarity.overlaps import overlaps
from holdfast.similarity.shingles import LONG, PAIRS, RUNS
from holdfast.similarity.words import U64

__all__ = ["Edges", "similarities", "verified_edges"]

_BUDGET = 1 << 22
"""Words of the pairs that are compared at once: their shingles take 32 MiB."""


class Edges(NamedTuple):
    """Pairs of documents that repeat each other."""

    left: U64
    """The earlier document of each pair."""
    right: U64
    similarity: NDArray[np.float64]


def similarities(files: SetFiles, left: U64, right: U64) -> NDArray[np.float64]:
    """Return the exact Jaccard similarity of each pair: shingles that both have over shingles that either has.

    A pair is cut into pairs of words where its shorter text is short, else into runs of five, as `similarity.shingles` says.
    """
    shorter, longer = _in_order(files.words(left), files.words(right))
    runs = shorter >= LONG
    found = np.zeros(len(left), dtype=np.float64)
    for size, chosen in ((PAIRS, np.flatnonzero(~runs)), (RUNS, np.flatnonzero(runs))):
        for some in _chunks(chosen, shorter + longer):
            documents, places = np.unique(np.concatenate([left[some], right[some]]), return_inverse=True)
            sets = files.load(documents, size)
            one, other = places[: len(some)], places[len(some) :]
            shared = overlaps(sets, one, other)
            either = sets.sizes[one] + sets.sizes[other] - shared
            found[some] = shared / np.maximum(either, 1)
    return found


def verified_edges(work: Work, candidates: Candidates, files: SetFiles, threshold: float) -> Edges:
    """Return the candidate pairs whose similarity is at least `threshold`, sorted by their earlier document.

    This is what the driver holds of a corpus: 24 bytes per edge, and about 250 while the clusters are made.
    """
    tables = [told["edges"] for told in work.each("near-edges", range(files.groups.count), _Verify(candidates, files, threshold))]
    if not tables:
        return Edges(np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.uint64), np.zeros(0))
    whole = pa.concat_tables(tables)
    return Edges(whole["left"].to_numpy(), whole["right"].to_numpy(), whole["similarity"].to_numpy())


@dataclass(frozen=True, eq=False)
class _Verify:
    """Compares the pairs of a group."""

    candidates: Candidates
    files: SetFiles
    threshold: float

    def __call__(self, group: int) -> Mapping[str, pa.Table]:
        pairs = self.candidates.pairs_of(group)
        left, right = np.ascontiguousarray(pairs["left"]), np.ascontiguousarray(pairs["right"])
        similarity = similarities(self.files, left, right)
        alike = similarity >= self.threshold
        edges = {"left": left[alike], "right": right[alike], "similarity": similarity[alike]}
        return {"edges": pa.table(edges)}


def _in_order(one: NDArray[np.int64], other: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.minimum(one, other), np.maximum(one, other)


def _chunks(chosen: NDArray[np.int64], words: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yield the chosen pairs in groups of about `_BUDGET` words, in their order."""
    if len(chosen):
        filled = np.cumsum(words[chosen]) // _BUDGET
        yield from np.split(chosen, np.flatnonzero(np.diff(filled)) + 1)
