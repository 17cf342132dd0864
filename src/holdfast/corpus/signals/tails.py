"""What is odd about the end of a document: where it turns into gibberish, into another language, or into a link.

Each is a switch: the document reads like language up to a place, its onset, and from there on it does not, or not the same one. A
document that is in no language from its first word (code, tables, a language that nobody listed) has no onset and is not odd.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.signals.tongues import COMMON, ENGLISH, TONGUES, Masks, masks_of

__all__ = ["GIBBERISH", "KINDS", "LANGUAGE", "LINK", "Odd", "odd_tails"]

GIBBERISH, LANGUAGE, LINK = 1, 2, 3
KINDS = {GIBBERISH: "turns into gibberish", LANGUAGE: "switches to another language or script", LINK: "ends in a link"}

_COMMON_LESS, _RARE_MORE = np.float32(-2.86), np.float32(0.41)
"""ln(0.02 / 0.35) and ln(0.98 / 0.65): running text has some 35 % function words at least, random words 2 % at most."""
_SURE = 10.0
"""Log likelihood ratio from which a tail is no running text: 25 words without a function word."""
_TAIL_WORDS, _TAIL_READ, _INTO = 24, 256, 128
"""Words of a tail, at least; how many of them are read; and bytes of them that are shown with what stands before."""
_DISTINCT = 0.85
"""Share of a tail's words that differ from all others of it: code and tables repeat theirs, random words do not."""
_HEAD_WORDS, _HEAD_READ, _HEAD_COMMON = 6, 40, 0.15
"""Words before the onset that must be there, how many of them are read, and the share of function words among them."""
_ENDS = 24
"""Words at either end by which the languages of the beginning and of the end are told."""
_FEWEST_WORDS = 24
_TOLD, _CLEARLY = 5, 4
"""Words that tell a language, and how many times as many there must be as at the other end."""
_LINK_END, _LINK_HEAD = 300, 20
"""Bytes of text from the first link to the end, at most, and before it, at least."""


class Odd(NamedTuple):
    """Odd documents of a batch."""

    rows: NDArray[np.int64]
    """Places in the batch, ascending."""
    kinds: NDArray[np.int8]
    """What a document shows, of KINDS."""
    ends: NDArray[np.int64]
    """The byte of the batch's folded texts at which the odd part has certainly begun: what stands before may have brought it about."""


def odd_tails(documents: Documents) -> Odd:
    """Return which documents of a batch have an odd tail, and from where."""
    read = _Read(documents)
    found: dict[int, tuple[int, int]] = {}
    for kind, places in ((LINK, _links(documents)), (GIBBERISH, _gibberish(read)), (LANGUAGE, _languages(read))):
        # A text in another language holds no function word of the first one: to be called gibberish it must be in none.
        found |= {row: (kind, end) for row, end in places}
    rows = sorted(found)
    return Odd(
        np.array(rows, dtype=np.int64),
        np.array([found[row][0] for row in rows], dtype=np.int8),
        np.array([found[row][1] for row in rows], dtype=np.int64),
    )


class _Read:
    """What the words of a batch say of languages."""

    def __init__(self, documents: Documents) -> None:
        words, self.data = documents.words, documents.folded.data
        self.words, self.texts = words, documents.folded.bounds
        self.masks = masks_of(words, self.data)
        counts = words.counts
        self.sizes = np.minimum(counts // 2, _ENDS)
        """Words at either end that are read."""
        english = np.concatenate([[0], np.cumsum((self.masks & ENGLISH) != 0)])
        first, last = words.bounds[:-1], words.bounds[1:]
        self.head = english[first + self.sizes] - english[first]
        """English function words at the beginning, and at the end."""
        self.tail = english[last] - english[last - self.sizes]

    @property
    def common(self) -> NDArray[np.bool_]:
        """Which words are function words; in a document that begins in English, only English ones."""
        english = self.head >= np.maximum(_HEAD_COMMON * self.sizes, 1)
        common: NDArray[np.bool_] = (self.masks & np.where(np.repeat(english, self.words.counts), ENGLISH, COMMON)) != 0
        return common

    @property
    def telling(self) -> NDArray[np.bool_]:
        """Which words begin with a letter of a script whose function words are listed."""
        first = self.data[self.words.starts]
        telling: NDArray[np.bool_] = ((first >= ord("a")) & (first <= ord("z"))) | ((first >= 0xC3) & (first <= 0xC9)) | (first == 0xE1)
        return telling


def _gibberish(read: _Read) -> list[tuple[int, int]]:
    """Return (document, a byte some words into its gibberish): the suffix of largest log likelihood ratio, where it is large enough."""
    bounds, telling, common = read.words.bounds, read.telling, read.common
    scores = telling * _RARE_MORE
    scores[common] = _COMMON_LESS
    sums = np.concatenate([np.zeros(1), np.cumsum(scores, dtype=np.float64)])
    some = np.flatnonzero(np.diff(bounds) >= _HEAD_WORDS + _TAIL_WORDS)
    if not len(some):
        return []
    # Bounds in pairs: every second span is a document, those between are left out.
    lowest = np.minimum.reduceat(sums, np.stack([bounds[some], bounds[some + 1]], axis=1).ravel())[::2]
    chosen = some[sums[bounds[some + 1]] - lowest >= _SURE]
    found = []
    for row in chosen.tolist():
        begin, end = int(bounds[row]), int(bounds[row + 1])
        onset = begin + int(np.argmin(sums[begin:end]))
        tail = slice(onset, min(end, onset + _TAIL_READ))
        head = slice(max(begin, onset - _HEAD_READ), onset)
        if onset - begin < _HEAD_WORDS or telling[tail].sum() < _TAIL_WORDS or common[head].mean() < _HEAD_COMMON:
            continue
        hashes = read.words.hashes[tail]
        if len(np.unique(hashes)) >= _DISTINCT * len(hashes):
            # The onset is the last function word; a string of rare words comes after it.
            found.append((row, min(int(read.texts[row + 1]), int(read.words.starts[onset]) + _INTO)))
    return found


def _languages(read: _Read) -> list[tuple[int, int]]:
    """Return (document, first byte in the other language) where the end is in another language than the beginning."""
    masks, bounds = read.masks, read.words.bounds
    # Most documents are English at both ends; the others are counted for.
    alike = np.minimum(read.head, read.tail) * _CLEARLY > np.maximum(read.head, read.tail)
    rows = np.flatnonzero((np.diff(bounds) >= _FEWEST_WORDS) & ~alike)
    if not len(rows):
        return []
    size = read.sizes[rows]
    head, tail = _counted(masks, bounds[rows], size), _counted(masks, bounds[rows + 1] - size, size)
    before, after, place = head.argmax(axis=0), tail.argmax(axis=0), np.arange(len(rows))
    switched = (
        (before != after)
        & (head[before, place] >= np.maximum(_TOLD, _CLEARLY * tail[before, place]))
        & (tail[after, place] >= np.maximum(_TOLD, _CLEARLY * head[after, place]))
    )
    found = []
    for one in np.flatnonzero(switched).tolist():
        row = int(rows[one])
        own = masks[int(bounds[row]) : int(bounds[row + 1])]
        was, becomes = (((own >> np.uint32(bit)) & 1).astype(np.int64) for bit in (before[one], after[one]))
        onset = int(np.argmin(np.concatenate([[0], np.cumsum(becomes - was)])[:-1]))
        first = onset + int(np.argmax(becomes[onset:] > 0))
        found.append((row, int(read.words.starts[int(bounds[row]) + first])))
    return found


def _counted(masks: Masks, starts: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return tongues by documents: how many words of a stretch are of each tongue."""
    ends = np.cumsum(size)
    where = np.arange(int(ends[-1])) + np.repeat(starts - (ends - size), size)
    read = masks[where]
    counted = np.stack([np.add.reduceat(((read >> np.uint32(bit)) & 1).astype(np.int64), ends - size) for bit in range(len(TONGUES))])
    return counted


def _links(documents: Documents) -> list[tuple[int, int]]:
    """Return (document, byte of its first link) where that stands near the end."""
    places = pc.find_substring(documents.texts, "://").to_numpy(zero_copy_only=False)
    sizes = pc.binary_length(documents.texts).to_numpy(zero_copy_only=False)
    data, bounds = documents.folded
    found = []
    for row in np.flatnonzero((places >= _LINK_HEAD) & (sizes - places <= _LINK_END)).tolist():
        # Folding may have moved it.
        text = data[bounds[row] : bounds[row + 1]].tobytes()
        at = text.find(b"://")
        if at >= 0:
            scheme = len(text[:at]) - len(text[:at].rstrip(b"abcdefghijklmnopqrstuvwxyz"))
            found.append((row, int(bounds[row]) + at - scheme))
    return found
