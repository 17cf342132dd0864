"""Repetition within a document, as in table A1 of Rae et al. 2021 (Gopher).

Shares of characters leave white space out, above the line and below it. A line, a paragraph or a run of 5 to 10 words is
a duplicate where the same stands earlier in the document, so that a text said twice is half duplicate; the characters of
overlapping runs count once. The top n-gram is the most frequent run, the longest of several; it must stand there twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.filters.lines import Runs
from holdfast.corpus.filters.measuring import Limit, share
from holdfast.corpus.filters.repeats import Repeated, repeated_runs

if TYPE_CHECKING:
    from holdfast.corpus.filters.quality.gopher import Gopher

__all__ = ["REPETITION", "measure_repetition", "repetition_limits"]

_TOP, _DUPLICATE = (2, 3, 4), (5, 6, 7, 8, 9, 10)
_SHIFT = 32

REPETITION = {
    "duplicate_lines": "Share of lines that stand earlier in the document.",
    "duplicate_paragraphs": "Share of paragraphs that stand earlier in the document.",
    "duplicate_line_characters": "Share of characters in such lines.",
    "duplicate_paragraph_characters": "Share of characters in such paragraphs.",
    **{f"top_{size}_gram": f"Share of characters in the most frequent run of {size} words; 0 where none stands twice." for size in _TOP},
    **{
        f"duplicate_{size}_grams": f"Share of characters in runs of {size} words that stand earlier in the document." for size in _DUPLICATE
    },
}


def measure_repetition(documents: Documents) -> dict[str, NDArray[Any]]:
    """Return the measures of a batch, by name."""
    words, sizes = documents.words, documents.sizes
    upto = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=upto[1:])
    whole = upto[words.bounds[1:]] - upto[words.bounds[:-1]]
    columns: dict[str, NDArray[Any]] = {}
    for name, runs in (("line", documents.lines), ("paragraph", documents.paragraphs)):
        columns[f"duplicate_{name}s"] = share(documents.totals(runs.repeats, runs), runs.counts)
        columns[f"duplicate_{name}_characters"] = share(_characters(documents, runs, upto), whole)
    for repeated in repeated_runs(words, documents.owners, max(_DUPLICATE)):
        if repeated.size in _TOP:
            columns[f"top_{repeated.size}_gram"] = share(_top(documents, repeated, upto), whole)
        elif repeated.size in _DUPLICATE:
            columns[f"duplicate_{repeated.size}_grams"] = share(_covered(documents, repeated), whole)
    return columns


def repetition_limits(settings: Gopher) -> tuple[Limit, ...]:
    """Return the rules of table A1 with the thresholds of the settings."""
    return (
        Limit("duplicate lines", "duplicate_lines", high=settings.max_duplicate_lines),
        Limit("duplicate paragraphs", "duplicate_paragraphs", high=settings.max_duplicate_paragraphs),
        Limit("characters in duplicate lines", "duplicate_line_characters", high=settings.max_duplicate_line_characters),
        Limit("characters in duplicate paragraphs", "duplicate_paragraph_characters", high=settings.max_duplicate_paragraph_characters),
        *(Limit(f"the top {size}-gram", f"top_{size}_gram", high=getattr(settings, f"max_top_{size}_gram")) for size in _TOP),
        *(
            Limit(f"duplicate {size}-grams", f"duplicate_{size}_grams", high=getattr(settings, f"max_duplicate_{size}_grams"))
            for size in _DUPLICATE
        ),
    )


def _characters(documents: Documents, runs: Runs, upto: NDArray[np.int64]) -> NDArray[Any]:
    repeats = np.flatnonzero(runs.repeats)
    return np.bincount(
        documents.owners[runs.words[repeats]], upto[runs.words[repeats + 1]] - upto[runs.words[repeats]], len(documents.texts)
    )


def _top(documents: Documents, repeated: Repeated, upto: NDArray[np.int64]) -> NDArray[Any]:
    """Return the characters of the most frequent run, all its places together, but no more than the text has."""
    first = np.flatnonzero(~repeated.again)
    places = repeated.places[first]
    best = np.zeros(len(documents.texts), dtype=np.int64)
    # The most frequent comes first and the longest of several next, as one number.
    np.maximum.at(best, documents.owners[places], (repeated.times[first] << _SHIFT) + upto[places + repeated.size] - upto[places])
    bounds = documents.words.bounds
    found: NDArray[np.int64] = np.minimum((best >> _SHIFT) * (best & ((1 << _SHIFT) - 1)), upto[bounds[1:]] - upto[bounds[:-1]])
    return found


def _covered(documents: Documents, repeated: Repeated) -> NDArray[Any]:
    """Return how many characters stand in runs that stand earlier in the text, each counted once."""
    inside = np.zeros(len(documents.sizes), dtype=bool)
    again = repeated.places[repeated.again]
    for place in range(repeated.size):
        inside[again + place] = True
    words = np.flatnonzero(inside)
    return np.bincount(documents.owners[words], documents.sizes[words], len(documents.texts))
