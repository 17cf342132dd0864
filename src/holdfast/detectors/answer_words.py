"""The words of the answers of a batch, read once for all detectors that ask for them."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow.compute as pc

from holdfast.detectors.features import Features
from holdfast.similarity.folding import FoldedBytes, folded_bytes
from holdfast.similarity.words import Words, hash_words

__all__ = ["AnswersRead", "answers_read"]


class AnswersRead(NamedTuple):
    """The answer of each row, or its whole text where it has none."""

    folded: FoldedBytes
    words: Words


def answers_read(seen: Features) -> AnswersRead:
    """Return the answers of a batch folded, with their hashed words."""
    return seen.once("answers-read", lambda: _read(seen))


def _read(seen: Features) -> AnswersRead:
    data = folded_bytes(pc.coalesce(seen.column("answer"), seen.column("text")))
    return AnswersRead(data, hash_words(data))
