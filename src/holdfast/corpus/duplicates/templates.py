"""Documents that fill one template, as rows of instruction data do: looked for among the verified pairs, and left alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.corpus.duplicates.shelved_sets import SetFiles
from holdfast.corpus.duplicates.verify import Edges
from holdfast.corpus.work import Work
from holdfast.similarity.clusters import components
from holdfast.similarity.overlaps import contained
from holdfast.similarity.shingles import LONG, PAIRS, RUNS
from holdfast.similarity.templates import FEWEST, SAMPLE, frame_of
from holdfast.similarity.words import U64

__all__ = ["without_templates"]

_EDGES_AT_ONCE = 20_000


class _Cluster(NamedTuple):
    """Documents that hang together, and the pairs that hold them."""

    documents: U64
    places: NDArray[np.int64]
    """Of its pairs, among all."""
    left: U64
    right: U64


def without_templates(work: Work, edges: Edges, files: SetFiles, threshold: float) -> tuple[Edges, int]:
    """Return (the pairs that remain, how many documents lie in clusters that fill a template).

    A pair inside a template remains where at least `threshold` of the shingles of one that are not the frame's are those of the other.
    """
    remain = np.ones(len(edges.left), dtype=bool)
    left_alone = 0
    batches = list(_batches(edges))
    for batch, told in zip(batches, work.each("near-templates", batches, _Look(files, threshold)), strict=True):
        places = np.concatenate([cluster.places for cluster in batch])
        remain[places] = told["pairs"]["remain"].to_numpy(zero_copy_only=False)
        left_alone += told["count"]["documents"][0].as_py()
    return Edges(edges.left[remain], edges.right[remain], edges.similarity[remain]), left_alone


def _batches(edges: Edges) -> Iterator[list[_Cluster]]:
    """Yield clusters with enough documents, some thousands of pairs at a time."""
    held: list[_Cluster] = []
    for cluster in _clusters(edges):
        held.append(cluster)
        if sum(len(one.places) for one in held) >= _EDGES_AT_ONCE:
            yield held
            held = []
    if held:
        yield held


def _clusters(edges: Edges) -> Iterator[_Cluster]:
    documents, places = np.unique(np.concatenate([edges.left, edges.right]), return_inverse=True)
    pairs = places.reshape(2, -1).T
    if not len(pairs):
        return
    _, labels = components(pairs)
    of_pair = labels[pairs[:, 0]]
    rows, order = np.argsort(labels, kind="stable"), np.argsort(of_pair, kind="stable")
    large = np.flatnonzero(np.bincount(labels) >= FEWEST)
    row_bounds = np.searchsorted(labels[rows], [large, large + 1]).T
    pair_bounds = np.searchsorted(of_pair[order], [large, large + 1]).T
    for (row, row_end), (pair, pair_end) in zip(row_bounds, pair_bounds, strict=True):
        inside = order[pair:pair_end]
        yield _Cluster(documents[rows[row:row_end]], inside, edges.left[inside], edges.right[inside])


@dataclass(frozen=True, eq=False)
class _Look:
    """Looks at some clusters."""

    files: SetFiles
    threshold: float

    def __call__(self, clusters: list[_Cluster]) -> Mapping[str, pa.Table]:
        remain, alone = [], 0
        for cluster in clusters:
            told = self._remain(cluster)
            alone += 0 if told is None else len(cluster.documents)
            remain.append(np.ones(len(cluster.places), dtype=bool) if told is None else told)
        return {"pairs": pa.table({"remain": np.concatenate(remain)}), "count": pa.table({"documents": [alone]})}

    def _remain(self, cluster: _Cluster) -> NDArray[np.bool_] | None:
        """Return which pairs of a template remain, None for a cluster that is none."""
        sample = cluster.documents[np.argsort(self.files.content(cluster.documents), kind="stable")[:SAMPLE]]
        size = PAIRS if self.files.words(sample).min() < LONG else RUNS
        frame = frame_of(self.files.load(sample, size))
        if frame is None:
            return None
        own = self.files.load(cluster.documents, size).without(frame)
        left, right = (np.searchsorted(cluster.documents, side) for side in (cluster.left, cluster.right))
        return contained(own, left, right, self.threshold)
