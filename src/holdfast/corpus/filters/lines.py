"""Lines and paragraphs of a batch, and which of them stand earlier in the same text.

A line ends at a line feed (so CRLF does as well, its carriage return being white space); a lone carriage return, a form feed or
a Unicode line separator is white space and ends none. White space around a line is no part of it, and a line of white space alone
is no line but parts two paragraphs. Lines are compared by the hashes of their words: case, compatibility forms and the
amount of white space do not count.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.corpus.filters.repeats import seen_before
from holdfast.similarity.words import U64, Words, hash_texts

__all__ = ["Runs", "read_lines"]

_LINE_FEED = 10


class Runs(NamedTuple):
    """Runs of words: the lines of a batch, or its paragraphs."""

    words: NDArray[np.int64]
    """Run i has the words `words[i]` up to `words[i + 1]`; at least one."""
    starts: NDArray[np.int64]
    """The byte at which each run starts."""
    ends: NDArray[np.int64]
    """The byte after each run."""
    bounds: NDArray[np.int64]
    """Text i has the runs `bounds[i]` up to `bounds[i + 1]`."""
    hashes: U64
    repeats: NDArray[np.bool_]
    """Whether a run of the same words stands earlier in the same text."""

    @property
    def counts(self) -> NDArray[np.int64]:
        """Runs per text."""
        return np.diff(self.bounds)


def read_lines(data: NDArray[np.uint8], words: Words) -> tuple[Runs, Runs]:
    """Return the lines of a batch, and its paragraphs."""
    after = np.searchsorted(words.starts, np.flatnonzero(data == _LINE_FEED))
    opens = np.zeros(len(words.hashes) + 1, dtype=bool)
    opens[words.bounds[:-1]] = True
    parts = opens.copy()
    opens[after] = True
    # Two line feeds before the same word: a blank line between.
    parts[after[1:][after[1:] == after[:-1]]] = True
    return _runs(words, opens[:-1]), _runs(words, parts[:-1])


def _runs(words: Words, opens: NDArray[np.bool_]) -> Runs:
    first = np.flatnonzero(opens)
    cuts = np.append(first, len(words.hashes))
    hashes = hash_texts(Words(words.hashes, words.starts, words.ends, cuts))
    bounds = np.searchsorted(first, words.bounds).astype(np.int64)
    repeats = seen_before(hashes, np.repeat(np.arange(len(bounds) - 1), np.diff(bounds)))
    return Runs(cuts, words.starts[first], words.ends[cuts[1:] - 1], bounds, hashes, repeats)
