"""How answers open: the words of a tone, and those without which nothing is declined, looked for in a whole batch in one go.

Few answers open with any of them. The rules of `sentiment.py` and `declines.py`, which take a hundred times as long, read only those.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import ahocorasick_rs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.detectors.screens import bytes_of
from holdfast.detectors.triggers.declines import NEEDED, OPENS_WITH_NO
from holdfast.detectors.triggers.sentiment import TONE_WORDS

__all__ = ["Openings", "openings"]

_READ = 300
"""Characters; what `sentiment.py` reads, and more than `declines.py` does."""


class Openings(NamedTuple):
    """The openings of the answers of a batch."""

    texts: pa.Array
    """Folded."""
    tone_words: NDArray[np.int64]
    """How many words of a tone each opening holds at most: some may be parts of longer words."""
    may_decline: NDArray[np.bool_]


def openings(answers: pa.Array) -> Openings:
    """Return the openings of folded answers, read once for all words."""
    texts = pc.utf8_slice_codeunits(answers, 0, _READ)
    # No word reaches over the line break between two openings.
    read = bytes_of(pc.binary_join_element_wise(texts, "", "\n"))
    found = _automaton().find_matches_as_indexes(read.data.data, overlapping=True)
    word, start = np.array(found, dtype=np.int64).reshape(-1, 3).T[:2]
    text = np.searchsorted(read.bounds, start, side="right") - 1
    of_tone = word < len(TONE_WORDS)
    needed: NDArray[np.bool_] = np.bincount(text[~of_tone], minlength=len(texts)) > 0
    needed |= pc.match_substring_regex(texts, OPENS_WITH_NO).to_numpy(zero_copy_only=False)
    return Openings(texts, np.bincount(text[of_tone], minlength=len(texts)), needed)


@cache
def _automaton() -> ahocorasick_rs.BytesAhoCorasick:
    words = [word.encode() for word in (*TONE_WORDS, *NEEDED)]
    return ahocorasick_rs.BytesAhoCorasick(words, implementation=ahocorasick_rs.Implementation.DFA)
