"""The words of the answers of a batch, read once for all detectors that ask for them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.detectors.duplicates.compared import compared_read
from holdfast.detectors.features import Features, features
from holdfast.detectors.screens import bytes_of, times_held
from holdfast.detectors.turns import ASSISTANT
from holdfast.similarity.folding import LONGEST, FoldedBytes, folded_bytes
from holdfast.similarity.words import Words, hash_words

__all__ = ["AnswersRead", "answers_read"]

_LINE_BREAK = ord("\n")


class AnswersRead(NamedTuple):
    """The answer of each row, or its whole text where it has none."""

    folded: FoldedBytes
    """Bytes in which the words stand; there may be others between them."""
    words: Words


def answers_read(rows: pa.Table) -> AnswersRead:
    """Return the answers of a batch folded, with their hashed words."""
    seen = features(rows)
    return seen.once("answers-read", lambda: _last_words(seen, *compared_read(rows)) if _answers_come_last(seen) else _read(seen))


def _read(seen: Features) -> AnswersRead:
    data = folded_bytes(pc.coalesce(seen.column("answer"), seen.column("text")))
    return AnswersRead(data, hash_words(data))


def _answers_come_last(seen: Features) -> bool:
    """Return whether what is compared of each row ends with its answer: most sets have no other rows."""
    turns, answers = seen.turns, seen.column("answer")
    if answers.null_count or seen.column("rejected").null_count < seen.count or not seen.count:
        return False
    longest = pc.max(pc.binary_length(seen.column("text"))).as_py()
    last = turns.bounds[1:] - 1
    return longest <= LONGEST and bool((turns.bounds[:-1] <= last).all() and (turns.roles[last] == ASSISTANT).all())


def _last_words(seen: Features, data: FoldedBytes, words: Words) -> AnswersRead:
    """Return the words of the answers out of those of whole rows: they have been hashed for near duplicates already."""
    first = np.searchsorted(words.starts, _starts(data, bytes_of(seen.column("answer"))))
    counts = words.bounds[1:] - first
    bounds = np.concatenate([[0], np.cumsum(counts)])
    where = np.arange(bounds[-1]) + np.repeat(first - bounds[:-1], counts)
    return AnswersRead(data, Words(words.hashes[where], words.starts[where], words.ends[where], bounds))


def _starts(data: FoldedBytes, answers: FoldedBytes) -> NDArray[np.int64]:
    """Return the byte at which the answer of each row starts: behind the last line break but those that it holds itself.

    Folding changes sizes, and never makes or takes a line break.
    """
    breaks = np.flatnonzero(data.data == _LINE_BREAK)
    held = np.searchsorted(breaks, data.bounds)
    before = held[1:] - times_held(answers, answers.data == _LINE_BREAK) - 1
    # An answer without a turn before it has none, and is the whole row.
    starts = data.bounds[:-1].copy()
    behind = before >= held[:-1]
    starts[behind] = breaks[before[behind]] + 1
    return starts
