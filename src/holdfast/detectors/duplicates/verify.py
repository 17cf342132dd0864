"""From signatures to pairs that are near duplicates for certain: proposed by a band, verified by their words, no mere template."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.detectors.duplicates.reread import Reread
from holdfast.detectors.duplicates.templates import Template, without_templates
from holdfast.similarity.bands import Pairs, candidate_pairs
from holdfast.similarity.words import U64

__all__ = ["Signed", "Verified", "verified_pairs"]


class Signed(NamedTuple):
    """What is known of every row without reading it again."""

    words: NDArray[np.int64]
    """0 for a row that is not compared."""
    content: U64
    """Hash of the whole text."""
    distinct: NDArray[np.int64]
    """Positions of the rows that are compared and repeat no earlier row exactly."""


class Verified(NamedTuple):
    """Pairs of rows that repeat each other."""

    edges: Pairs
    similarity: NDArray[np.float64]
    """Exact Jaccard similarity of each, at least the threshold."""
    templates: list[Template]


def verified_pairs(bands: Iterable[U64], signed: Signed, reread: Reread, threshold: float) -> Verified:
    """Return the near duplicates among the distinct rows; which ones does not depend on the order of the rows.

    Args:
        bands: per band, one key per row.
        signed: all rows.
        reread: compares rows.
        threshold: the similarity from which on rows repeat each other.
    """
    distinct = signed.distinct
    pairs = distinct[candidate_pairs((keys[distinct] for keys in bands), signed.content[distinct])]
    similarity = reread.similarities(pairs)
    alike = similarity >= threshold
    edges, similarity = pairs[alike], similarity[alike]
    remain, templates = without_templates(edges, reread, signed.words, signed.content, threshold)
    return Verified(edges[remain], similarity[remain], templates)
