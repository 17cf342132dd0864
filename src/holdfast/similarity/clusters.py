"""Clusters of rows that repeat each other, and the one row of each that stays.

Clusters are connected components over verified pairs only. A row of a cluster need not resemble every other one (a resembles b
and b resembles c), so that being in a cluster is no reason to go: a row goes where it resembles a row that stays.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from holdfast.similarity.bands import Pairs, maybe_shared

__all__ = ["ROUNDS", "Removed", "Similarity", "component_labels", "components", "effective_number", "first_copies", "settle"]

ROUNDS = 64
"""Rows of one cluster that may stay because they do not resemble each other, before the rest of it stays too."""


class Similarity(Protocol):
    """Exact similarity of pairs of rows."""

    def __call__(self, pairs: Pairs) -> NDArray[np.float64]:
        """Return one number per pair, 0 to 1."""
        ...


class Removed(NamedTuple):
    """Rows that repeat another one."""

    rows: NDArray[np.int64]
    """Ascending."""
    kept: NDArray[np.int64]
    """The row that each of them repeats; it stays, and comes before."""
    similarity: NDArray[np.float64]
    clusters: int
    """Clusters of which at least one row goes."""
    unsettled: int
    """Rows that stay because their cluster has too many unlike rows."""


def component_labels(pairs: Pairs) -> NDArray[np.int64]:
    """Return the number of the connected component that each pair belongs to."""
    rows, labels = components(pairs)
    return labels[np.searchsorted(rows, pairs[:, 0])] if len(pairs) else np.zeros(0, dtype=np.int64)


def components(pairs: Pairs) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (the rows that any pair names, ascending; the number of the connected component of each)."""
    rows, places = np.unique(pairs, return_inverse=True)
    left, right = places.reshape(-1, 2).T
    # Union by smallest label, all pairs at once, then pointer jumping (Shiloach and Vishkin 1982): a few rounds, no Python per pair.
    labels = np.arange(len(rows))
    while True:
        hooked = labels.copy()
        smallest = np.minimum(labels[left], labels[right])
        np.minimum.at(hooked, labels[left], smallest)
        np.minimum.at(hooked, labels[right], smallest)
        while (hooked[hooked] != hooked).any():
            hooked = hooked[hooked]
        if (hooked == labels).all():
            return rows, np.unique(labels, return_inverse=True)[1].astype(np.int64)
        labels = hooked


def first_copies(content: NDArray[np.uint64], live: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return, for each row, the first row with the same content (itself, for a first one); -1 for a row that does not count."""
    rows = np.flatnonzero(live)
    first = np.full(len(content), -1, dtype=np.int64)
    first[rows] = rows
    # Most rows are alone, and need not be put in order.
    rows = rows[maybe_shared(content[rows])]
    _, where, group = np.unique(content[rows], return_index=True, return_inverse=True)
    first[rows] = rows[where][group]
    return first


def settle(edges: Pairs, similarity: NDArray[np.float64], threshold: float, measure: Similarity) -> Removed:
    """Decide which rows of each cluster stay: the first one, and every later one that resembles none that stays before it.

    Args:
        edges: verified pairs.
        similarity: of each edge.
        threshold: the similarity from which a row repeats another.
        measure: for pairs of a cluster that are no edge.
    """
    rows, labels = components(edges)
    order = np.lexsort((rows, labels))
    rows, labels = rows[order], labels[order]
    known = _Known(edges, similarity, measure)
    gone: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
    for _ in range(ROUNDS):
        if not len(rows):
            break
        is_first = np.concatenate([[True], labels[1:] != labels[:-1]])
        anchors = rows[is_first][np.cumsum(is_first) - 1]
        rows, labels, anchors = rows[~is_first], labels[~is_first], anchors[~is_first]
        found = known(np.stack([anchors, rows], axis=1))
        repeats = found >= threshold
        gone.append((rows[repeats], anchors[repeats], found[repeats]))
        rows, labels = rows[~repeats], labels[~repeats]
    removed, kept, exact = (np.concatenate(parts) for parts in zip(*gone, strict=True)) if gone else _nothing()
    order = np.argsort(removed)
    return Removed(removed[order], kept[order], exact[order], len(np.unique(kept)), len(rows))


def _nothing() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float64)


class _Known:
    """Similarities that were measured before are looked up."""

    def __init__(self, edges: Pairs, similarity: NDArray[np.float64], measure: Similarity) -> None:
        codes = _codes(edges)
        order = np.argsort(codes)
        self._codes, self._similarity, self._measure = codes[order], similarity[order], measure

    def __call__(self, pairs: Pairs) -> NDArray[np.float64]:
        codes = _codes(pairs)
        place = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        hit = self._codes[place] == codes
        found = np.where(hit, self._similarity[place], 0.0)
        if not hit.all():
            found[~hit] = self._measure(pairs[~hit])
        return found


def _codes(pairs: Pairs) -> NDArray[np.int64]:
    return (pairs[:, 0] << 32) | pairs[:, 1]


def effective_number(sizes: NDArray[np.int64]) -> float:
    """Return how many different rows a set is worth: exp of the Shannon entropy of the sizes of its clusters.

    It is the number of clusters where all have the same size, and less where some have more rows than others: the Hill number
    of order 1 (Hill, "Diversity and evenness", 1973; Jost, "Entropy and diversity", 2006). Raises ValueError for no cluster.

    >>> effective_number(np.array([1, 1, 1, 1]))
    4.0
    >>> round(effective_number(np.array([97, 1, 1, 1])), 2)
    1.18
    """
    if not len(sizes):
        raise ValueError("effective_number needs at least one cluster")
    # Summed over distinct sizes: most clusters are single rows, and a sum of a million equal terms would round.
    size, count = np.unique(sizes, return_counts=True)
    rows = size.dot(count)
    # The logarithms of the sizes, and not of their shares: those of single rows are 0, and a set without repeats is worth its rows exactly.
    return float(rows * np.exp(-(count * size * np.log(size)).sum() / rows))
