"""What the measuring pass keeps of the lines of every document: where each stands, and the hash of its folded words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.corpus.duplicates.planted import Planted
from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.spec import DuplicateSettings
from holdfast.similarity.folding import LONGEST, raw_bytes
from holdfast.similarity.words import Words, hash_texts

__all__ = ["LINES", "Lines"]

LINES = pa.schema(
    [
        pa.field("row", pa.int32(), nullable=False),
        pa.field("hash", pa.uint64(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),
        pa.field("end", pa.int64(), nullable=False),
    ]
)
"""Lines with enough words: bytes of the UTF-8 text, the line feed that ends the line among them."""

_FEED = ord("\n")


class Lines:
    """Keeps the lines of at least `line_words` words; none of a canary, and none of a text of more than 4 Mi characters.

    Args:
        settings: of the run's duplicates.
    """

    name: ClassVar[str] = "lines"
    version: ClassVar[str] = "1"

    def __init__(self, settings: DuplicateSettings) -> None:
        self._fewest = settings.line_words
        self._planted = Planted(settings.canaries)

    @property
    def identity(self) -> Mapping[str, Any]:
        """Return what a line must have to be kept; how often it may stand needs no new pass."""
        return {"line_words": self._fewest, "canaries": sorted(self._planted.digests)}

    def collect(self, documents: Documents, facts: pa.Table) -> pa.Table:
        """Return LINES of a batch, in the order of the documents and of their lines."""
        raw = raw_bytes(documents.texts.cast(pa.large_string()))
        text, starts, ends = _lines(raw.data, raw.bounds)
        of_word = _line_of_words(documents, text)
        words = documents.words
        bounds = np.searchsorted(of_word, np.arange(len(text) + 1)).astype(np.int64)
        hashes = hash_texts(Words(words.hashes, words.starts, words.ends, bounds))
        told = (np.diff(bounds) >= self._fewest) & (np.diff(raw.bounds) <= LONGEST)[text]
        told &= ~self._planted.lines(hashes) & ~self._planted.documents(documents, facts["content"].to_numpy())[text]
        rows = facts["row"].to_numpy()[text[told]]
        first = raw.bounds[text[told]]
        return pa.table([rows, hashes[told], starts[told] - first, ends[told] - first], schema=LINES)


def _lines(data: NDArray[np.uint8], bounds: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return (text, first byte, byte after the last) of every line of a batch; a text has one line more than line feeds."""
    feeds = np.flatnonzero(data == _FEED)
    of_text = np.searchsorted(bounds, feeds, side="right") - 1
    starts = np.sort(np.concatenate([bounds[:-1], feeds + 1]), kind="stable")
    text = np.sort(np.concatenate([np.arange(len(bounds) - 1), of_text]), kind="stable")
    # A line ends where the next one of its text starts, or its text ends.
    last = np.ones(len(text), dtype=bool)
    last[:-1] = text[1:] != text[:-1]
    ends = np.append(starts[1:], 0)
    ends[last] = bounds[1:]
    return text, starts, ends


def _line_of_words(documents: Documents, text: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of the line, over all texts, in which each word stands: folding keeps line feeds, though not their places."""
    folded, words = documents.folded, documents.words
    feeds = np.flatnonzero(folded.data == _FEED)
    before = np.searchsorted(feeds, folded.bounds[:-1])
    of_text = np.repeat(np.arange(len(words.counts)), words.counts)
    inside = np.searchsorted(feeds, words.starts) - before[of_text]
    first = np.searchsorted(text, np.arange(len(words.counts)))
    # A shortened text has fewer line feeds, and is left out later; its words must not run on into the next text.
    count = np.bincount(text, minlength=len(words.counts))
    lines: NDArray[np.int64] = first[of_text] + np.minimum(inside, count[of_text] - 1)
    return lines
