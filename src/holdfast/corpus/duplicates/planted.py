"""Canaries that a corpus holds already: documents and lines that are to be left alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.corpus.filters.filter import Documents
from holdfast.detectors.duplicates.canaries import canary_digest, read_canaries
from holdfast.similarity.folding import folded_bytes
from holdfast.similarity.words import U64, hash_texts, hash_words

__all__ = ["Planted"]


class Planted:
    """The canaries of a manifest, as hashes of folded words.

    A manifest that names them by SHA-256 only costs a digest per document, and protects whole documents but no lines.

    Args:
        manifest: what `holdfast canary plant` and `corpus run` write, or a list of texts or digests; None where there is none.
    """

    def __init__(self, manifest: str | None) -> None:
        canaries = read_canaries(Path(manifest)) if manifest else None
        texts = canaries.texts if canaries is not None else ()
        self.digests = frozenset(canaries.numbers if canaries is not None else ())
        self._documents = _hashes(texts)
        self._lines = _hashes([line for text in texts for line in text.split("\n")])
        self._unknown = self.digests - {canary_digest(text) for text in texts}

    def documents(self, documents: Documents, content: U64) -> NDArray[np.bool_]:
        """Return which documents are canaries as a whole; `content` is the hash of each document's words."""
        found = np.isin(content, self._documents)
        if self._unknown:
            found |= np.array([canary_digest(text) in self._unknown for text in documents.texts.to_pylist()], dtype=bool)
        return found

    def lines(self, hashes: U64) -> NDArray[np.bool_]:
        """Return which lines, by the hashes of their words, are lines of canaries."""
        return np.isin(hashes, self._lines)


def _hashes(texts: list[str] | tuple[str, ...]) -> U64:
    found = hash_texts(hash_words(folded_bytes(pa.array(texts, pa.large_string()))))
    return np.unique(found[found != 0])
