"""Sentences of a batch of texts, as hashes of their words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.similarity.folding import FoldedBytes, folded_bytes
from holdfast.similarity.words import U64, Words, hash_texts, hash_words

__all__ = ["FEWEST_BYTES", "FEWEST_WORDS", "Sentences", "sentences", "sentences_of"]

FEWEST_WORDS, FEWEST_BYTES = 5, 20
"""Less is no sentence but a phrase. The bytes are for scripts in which a character counts as a word."""

_ENDS = np.zeros(256, dtype=bool)
_ENDS[list(b".!?")] = True
_IDEOGRAPHIC_STOP = "。".encode()


class Sentences(NamedTuple):
    """The different sentences of each text."""

    hashes: U64
    bounds: NDArray[np.int64]
    """Text i has the sentences `bounds[i]` up to `bounds[i + 1]`."""
    starts: NDArray[np.int64]
    """First byte of each sentence in `folded`."""
    ends: NDArray[np.int64]
    folded: FoldedBytes

    def text_of(self, text: int, value: np.uint64) -> str:
        """Return the sentence of a text that has this hash, folded; '' where the text has none."""
        own = slice(self.bounds[text], self.bounds[text + 1])
        place = np.flatnonzero(self.hashes[own] == value)
        if not len(place):
            return ""
        first = int(self.bounds[text] + place[0])
        return bytes(self.folded.data[self.starts[first] : self.ends[first]]).decode("utf-8", "replace")


def sentences(texts: pa.ChunkedArray) -> Sentences:
    """Return the sentences of a column of texts, each once per text, in the order of their first place.

    See `sentences_of`.
    """
    data = folded_bytes(texts)
    return sentences_of(data, hash_words(data))


def sentences_of(data: FoldedBytes, words: Words) -> Sentences:
    """Return the sentences of folded texts with these words, each once per text, in the order of their first place.

    A sentence ends at a full stop, exclamation or question mark that ends a word, at a line break, or at the end of the text.
    """
    last = np.flatnonzero(_is_last(data, words))
    first = np.concatenate([[0], last[:-1] + 1]).astype(np.int64)
    whole = Words(words.hashes, words.starts, words.ends, np.append(first, len(words.hashes)))
    hashes = hash_texts(whole)
    starts, ends = words.starts[first] if len(last) else first[:0], words.ends[last]
    text = np.searchsorted(words.bounds, last, side="right") - 1
    told = np.flatnonzero((last - first[: len(last)] + 1 >= FEWEST_WORDS) & (ends - starts >= FEWEST_BYTES))
    hashes, starts, ends, text = hashes[: len(last)][told], starts[told], ends[told], text[told]
    once = _first_places(text, hashes)
    bounds = np.searchsorted(text[once], np.arange(len(words.bounds)))
    return Sentences(hashes[once], bounds, starts[once], ends[once], data)


def _is_last(data: FoldedBytes, words: Words) -> NDArray[np.bool_]:
    """Return which words end a sentence."""
    if not len(words.hashes):
        return np.zeros(0, dtype=bool)
    final = words.ends - 1
    ended = _ENDS[data.data[final]]
    stop = data.data[final] == _IDEOGRAPHIC_STOP[2]
    if stop.any():
        # A word of three bytes or more; a shorter one reads bytes of the word before and is told apart by its own last byte only.
        stop &= (data.data[final - 1] == _IDEOGRAPHIC_STOP[1]) & (data.data[final - 2] == _IDEOGRAPHIC_STOP[0])
        ended |= stop
    # The last word before each line break; one before the first word of a text falls to the text before, whose last word ends anyway.
    broken = np.searchsorted(words.ends, np.flatnonzero(data.data == ord("\n")), side="right") - 1
    ended[broken[broken >= 0]] = True
    filled = words.bounds[1:][words.counts > 0]
    ended[filled - 1] = True
    return ended


def _first_places(text: NDArray[np.int64], hashes: U64) -> NDArray[np.int64]:
    """Return the places of the first of equal sentences of a text, ascending."""
    order = np.lexsort((np.arange(len(text)), hashes, text))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (text[order][1:] != text[order][:-1]) | (hashes[order][1:] != hashes[order][:-1])
    return np.sort(order[new])
