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
from holdfast.similarity.overlaps import contained
from holdfast.similarity.shingles import LONG, PAIRS, RUNS
from holdfast.similarity.templates import FEWEST, SAMPLE, frame_of
from holdfast.similarity.words import U64

__all__ = ["Template", "without_templates"]


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
        sample = rows[np.argsort(content[rows], kind="stable")[:SAMPLE]]
        size = PAIRS if words[sample].min() < LONG else RUNS
        frame = frame_of(reread.sets_of(sample, size))
        if frame is None:
            continue
        remain[inside] = _alike_outside(edges[inside], frame, reread, threshold)
        templates.append(Template(int(rows[0]), len(rows)))
    return remain, templates


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
