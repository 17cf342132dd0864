"""Stop words: a text of a language has some of the words that every text of that language has."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.corpus.filters.filter import Documents
from holdfast.similarity.folding import folded_bytes
from holdfast.similarity.words import U64, hash_words

__all__ = ["STOP_WORDS", "count_stop_words"]

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with", "的", "是", "在", "了", "和", "有", "不", "这")
"""The eight English words of Rae et al. 2021, and eight Chinese function characters, traditional or simplified alike but for one."""

_BITS = np.uint64(0xFFFF)
_MOST = 64
"""Words that have a bit each; of longer lists the words beyond share bits, and two of them may count as one."""


@lru_cache(maxsize=8)
def _lookup(listed: tuple[str, ...]) -> tuple[U64, NDArray[np.uint64], NDArray[np.bool_]]:
    words = np.unique(hash_words(folded_bytes(pa.array(listed, pa.large_string()))).hashes)
    likely = np.zeros(int(_BITS) + 1, dtype=bool)
    likely[words & _BITS] = True
    return words, np.uint64(1) << (np.arange(len(words), dtype=np.uint64) % np.uint64(_MOST)), likely


def count_stop_words(documents: Documents, listed: Sequence[str]) -> NDArray[np.int64]:
    """Return how many different stop words each text has; a word counts where it stands free of punctuation."""
    found = np.zeros(len(documents.texts), dtype=np.uint64)
    words, bits, likely = _lookup(tuple(listed))
    hashes = documents.words.hashes
    places = np.flatnonzero(likely[hashes & _BITS])
    if len(words) and len(places):
        which = np.minimum(np.searchsorted(words, hashes[places]), len(words) - 1)
        same = words[which] == hashes[places]
        places, which = places[same], which[same]
        owners = documents.owners[places]
        first = np.flatnonzero(np.diff(owners, prepend=-1))
        if len(first):
            found[owners[first]] = np.bitwise_or.reduceat(bits[which], first)
    return np.bitwise_count(found).astype(np.int64)
