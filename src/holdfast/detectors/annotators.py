"""Who labelled preference pairs, how often they agree, and who chooses harm more often than the others."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.core import Finding
from holdfast.detectors.finding import about_set
from holdfast.plugins import DetectorCard
from holdfast.similarity.folding import folded_bytes
from holdfast.similarity.words import hash_texts, hash_words
from holdfast.stats import holm, wilson

__all__ = ["PairLabels", "agreement_note", "annotator_findings"]

_SURE = 0.01
"""Adjusted p value from which an annotator stands out."""
_LEAST_DEFECTS = 3


class PairLabels(NamedTuple):
    """Which pair each row labels, and how; a pair is the same whichever of its answers was chosen."""

    pair: NDArray[np.uint64]
    first_chosen: NDArray[np.bool_]
    """Whether the answer with the smaller hash was chosen."""

    @classmethod
    def of(cls, requests: pa.Array, chosen: pa.Array, rejected: pa.Array) -> PairLabels:
        """Return the labels of a batch."""
        asked, yes, no = (hash_texts(hash_words(folded_bytes(texts))) for texts in (requests, chosen, rejected))
        low, high = np.minimum(yes, no), np.maximum(yes, no)
        pair = (asked * np.uint64(0x9E3779B185EBCA87)) ^ (low * np.uint64(0xC2B2AE3D27D4EB4F)) ^ (high * np.uint64(0x165667B19E3779F9))
        return cls(pair, yes == low)


def annotator_findings(card: DetectorCard, annotators: pa.ChunkedArray, defects: pa.ChunkedArray) -> tuple[Finding, ...]:
    """Return a finding per annotator whose share of defects exceeds that of all others together.

    Fisher's exact test, one-sided, with Holm's adjustment over annotators.
    """
    from scipy.stats import fisher_exact

    table = pa.table({"who": annotators, "defect": pc.cast(defects, pa.int64())}).drop_null()
    grouped = table.group_by("who").aggregate([("defect", "sum"), ("defect", "count")]).sort_by("who")
    who, bad, n = (grouped.column(name).to_pylist() for name in ("who", "defect_sum", "defect_count"))
    if len(who) < 2:
        return ()
    all_bad, all_n = sum(bad), sum(n)
    p = [
        float(fisher_exact([[b, k - b], [all_bad - b, all_n - k - all_bad + b]], alternative="greater").pvalue)
        for b, k in zip(bad, n, strict=True)
    ]
    found = []
    for name, defect, count, adjusted in zip(who, bad, n, holm(p), strict=True):
        if adjusted < _SURE and defect >= _LEAST_DEFECTS:
            explanation = (
                f"Annotator {name!r} chose harm over a refusal in {defect} of {count} pairs ({defect / count:.1%}), the others in "
                f"{all_bad - defect} of {all_n - count} (Fisher's exact test, p {adjusted:.1g} after Holm). Look at all that they labelled."
            )
            found.append(about_set(card, "annotator", explanation))
    return tuple(found)


def agreement_note(annotators: pa.ChunkedArray, pairs: pa.ChunkedArray, first: pa.ChunkedArray) -> str:
    """Say how often two annotators who labelled the same pair chose the same answer."""
    table = pa.table({"who": annotators, "pair": pairs, "first": pc.cast(first, pa.int64())}).drop_null()
    each = table.group_by(["pair", "who"]).aggregate([("first", "max")])
    grouped = each.group_by("pair").aggregate([("first_max", "sum"), ("first_max", "count")])
    ones, counts = (grouped.column(name).to_numpy() for name in ("first_max_sum", "first_max_count"))
    ways = int((counts * (counts - 1) // 2).sum())
    if not ways:
        return "Agreement of annotators: no pair was labelled by two of them."
    zeros = counts - ones
    agreeing = int((ones * (ones - 1) // 2 + zeros * (zeros - 1) // 2).sum())
    limits = wilson(agreeing, ways)
    return (
        f"Agreement of annotators: in {agreeing} of {ways} comparisons of two on the same pair they chose the same answer "
        f"({agreeing / ways:.1%}, {limits.method} {limits.low:.1%} to {limits.high:.1%})."
    )
