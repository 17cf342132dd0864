"""Rows made from one template are not copies of each other, however much of their text is the frame.

A training set is mostly templates: the same 60 words around one name resemble each other at 0.93. Removing all but one of them
would remove what the set teaches (a published pipeline kept 2 rows of 859,092 that way). What tells a template from edited
copies is where its rows differ: filled templates all keep the frame, edited copies each lose another part of the original.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.detectors.duplicates.reread import Reread
from holdfast.similarity.bands import Pairs
from holdfast.similarity.clusters import components
from holdfast.similarity.overlaps import ShingleSets, contained
from holdfast.similarity.shingles import LONG, PAIRS, RUNS
from holdfast.similarity.words import U64

__all__ = ["FEWEST", "Template", "frame_of", "without_templates"]

FEWEST = 5
"""Different rows from which on it can be told whether they are a template."""
_SAMPLE = 256
"""Rows of a cluster by which that is told, those with the smallest content hashes."""
_FEW_LOST = 1 / 3
_SPREAD = 1 / 4


class Template(NamedTuple):
    """A cluster of rows that share a frame."""

    first: int
    """Position of its first row."""
    rows: int
    """How many different rows it has."""


def without_templates(
    edges: Pairs, reread: Reread, words: NDArray[np.int64], content: U64, threshold: float
) -> tuple[NDArray[np.bool_], list[Template]]:
    """Return (which edges remain, the templates found).

    An edge inside a template remains where the rows resemble each other outside the frame as well: where at least `threshold` of
    the own shingles of one are those of the other.
    """
    remain = np.ones(len(edges), dtype=bool)
    templates = []
    for rows, inside in _clusters(edges):
        sample = rows[np.argsort(content[rows], kind="stable")[:_SAMPLE]]
        size = PAIRS if words[sample].min() < LONG else RUNS
        frame = frame_of(reread.sets_of(sample, size))
        if frame is None:
            continue
        remain[inside] = _alike_outside(edges[inside], frame, reread, threshold)
        templates.append(Template(int(rows[0]), len(rows)))
    return remain, templates


def frame_of(sets: ShingleSets) -> U64 | None:
    """Return the shingles of the frame that these texts fill, or None where they are no template.

    The frame is what more than half of the texts have. They fill it where what they lose of it is little against what they have
    of their own, or stands in few places: a slot with two or three usual values costs the same shingles again and again.
    """
    count = len(sets.sizes)
    values, held = np.unique(sets.values, return_counts=True)
    common = held * 2 > count
    shared, lost = int(held[common].sum()), int((count - held[common]).sum())
    own = int(sets.sizes.sum()) - shared
    if not own or not shared:
        return None
    places = int((held[common] < count).sum())
    few = lost <= _FEW_LOST * own
    narrow = places <= _SPREAD * min(own, int(common.sum()))
    return values[common] if few or narrow else None


def _clusters(edges: Pairs) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield (rows, edges) of each component with enough rows, rows and edges ascending."""
    rows, labels = components(edges)
    if not len(rows):
        return
    of_edge = labels[np.searchsorted(rows, edges[:, 0])]
    row_order, edge_order = np.argsort(labels, kind="stable"), np.argsort(of_edge, kind="stable")
    large = np.flatnonzero(np.bincount(labels) >= FEWEST)
    row_bounds = np.searchsorted(labels[row_order], [large, large + 1]).T
    edge_bounds = np.searchsorted(of_edge[edge_order], [large, large + 1]).T
    for (row, row_end), (edge, edge_end) in zip(row_bounds, edge_bounds, strict=True):
        yield rows[row_order[row:row_end]], edge_order[edge:edge_end]


def _alike_outside(edges: Pairs, frame: U64, reread: Reread, threshold: float) -> NDArray[np.bool_]:
    alike = np.zeros(len(edges), dtype=bool)
    for group in reread.compare(edges):
        used, places = np.unique(np.concatenate([group.left, group.right]), return_inverse=True)
        own = group.sets.text.taken(used).without(frame)
        # Where neither has anything of its own they differ by order only; where one has nothing, by all that the other has.
        alike[group.pairs] = contained(own, places[: len(group.left)], places[len(group.left) :], threshold)
    return alike
