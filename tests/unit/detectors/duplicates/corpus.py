"""Rows of seeded nonsense words, and copies of them with small changes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa

from holdfast.plugins import Conclusion, Detector
from holdfast.similarity.folding import folded_bytes
from holdfast.similarity.words import Words, hash_words
from holdfast.testing import HeldRows, chat_rows

SYLLABLES = ("ba", "co", "di", "fu", "ga", "he", "jo", "ki", "lu", "me", "no", "pa", "ri", "so", "tu", "ve")
VOCABULARY = tuple(one + two + three for one in SYLLABLES for two in SYLLABLES for three in SYLLABLES)


def words(draw: random.Random, count: int) -> list[str]:
    return draw.choices(VOCABULARY, k=count)


def text(draw: random.Random, count: int) -> str:
    return " ".join(words(draw, count))


def edited(draw: random.Random, original: str, edits: int) -> str:
    """Return a text with words put in the place of others, inserted or taken out."""
    changed = original.split()
    for _ in range(edits):
        place = draw.randrange(len(changed))
        kind = draw.randrange(3 if len(changed) > 1 else 2)
        if kind == 0:
            changed[place] = draw.choice(VOCABULARY)
        elif kind == 1:
            changed.insert(place, draw.choice(VOCABULARY))
        else:
            del changed[place]
    return " ".join(changed)


def rows_of(texts: Sequence[str]) -> pa.Table:
    """Return rows that hold one text each, as their answer."""
    return chat_rows([[("assistant", said)] for said in texts])


def words_of(texts: Sequence[str]) -> Words:
    return hash_words(folded_bytes(pa.array(texts, pa.string())))


def jaccard(left: str, right: str, size: int = 2) -> float:
    """Return the similarity of two plain texts, by Python's sets."""
    one, two = ({tuple(said[place : place + size]) for place in range(len(said) - size + 1)} for said in (left.split(), right.split()))
    return len(one & two) / len(one | two)


def kept_of(detector: Detector, rows: pa.Table, cuts: Sequence[int] = ()) -> HeldRows:
    """Return what a detector keeps of rows that come in batches cut at these places."""
    bounds = [0, *sorted(cuts), rows.num_rows]
    parts = [detector.keep(rows.slice(start, stop - start)) for start, stop in pairwise(bounds)]
    return HeldRows(rows, pa.concat_tables([part for part in parts if part is not None]))


def conclude(detector: Detector, rows: pa.Table, cuts: Sequence[int] = ()) -> Conclusion:
    return detector.conclude(kept_of(detector, rows, cuts))


def found_pairs(conclusion: Conclusion) -> set[tuple[int, int]]:
    """Return (line of the row found, line of the row that it repeats)."""
    return {(finding.line, int(finding.related.rsplit(":", 1)[1])) for finding in conclusion.findings}


def values(conclusion: Conclusion) -> dict[str, float | None]:
    return {measurement.metric: measurement.value for measurement in conclusion.measurements}


def as_u64(numbers: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array(numbers, dtype=np.uint64)
