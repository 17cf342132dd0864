"""Which near duplicates go: settled on the driver, over verified edges only, and kept in one file for those who write the shards."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from holdfast.corpus.duplicates.exchange import Rows, stacked
from holdfast.corpus.duplicates.shelved_sets import SetFiles
from holdfast.corpus.duplicates.verify import Edges, similarities
from holdfast.similarity.bands import Pairs
from holdfast.similarity.clusters import settle
from holdfast.similarity.words import U64

__all__ = ["Settled", "settle_edges"]

_GONE = np.dtype([("document", "<u8"), ("kept", "<u8"), ("similarity", "<f4")])


@dataclass(frozen=True, eq=False)
class Settled:
    """The documents that go as near duplicates."""

    path: Path
    count: int
    clusters: int
    largest: int
    """Documents of the largest cluster, the one that stays with them."""
    unsettled: int

    def rows(self) -> Rows:
        """Return (document, kept, similarity) of all of them, ascending, mapped from the file."""
        return np.memmap(self.path, dtype=_GONE, mode="r") if self.count else np.zeros(0, dtype=_GONE)

    def between(self, first: int, last: int) -> Rows:
        """Return (document, kept, similarity) of the documents from number `first` up to `last`, ascending."""
        rows = self.rows()
        return rows[slice(*np.searchsorted(rows["document"], np.array([first, last], dtype=np.uint64)))]


def settle_edges(edges: Edges, files: SetFiles, threshold: float, path: Path) -> Settled:
    """Decide which documents of each cluster stay, by `similarity.clusters.settle`, and write who goes to `path`."""
    documents, places = np.unique(np.concatenate([edges.left, edges.right]), return_inverse=True)
    pairs = places.reshape(2, -1).T
    removed = settle(pairs, edges.similarity, threshold, _Measured(documents, files))
    rows = stacked(_GONE, [documents[removed.rows], documents[removed.kept], removed.similarity.astype(np.float32)])
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    rows.tofile(draft)
    draft.replace(path)
    sizes = np.unique(removed.kept, return_counts=True)[1]
    return Settled(path, len(rows), removed.clusters, int(sizes.max()) + 1 if len(sizes) else 0, removed.unsettled)


@dataclass(frozen=True, eq=False)
class _Measured:
    """Measures pairs of documents of one cluster that no band proposed."""

    documents: U64
    files: SetFiles

    def __call__(self, pairs: Pairs) -> NDArray[np.float64]:
        return similarities(self.files, self.documents[pairs[:, 0]], self.documents[pairs[:, 1]])
