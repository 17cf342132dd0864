"""Documents that are unlike the corpus, or too like it: by their perplexity under a model of the corpus's own words.

The idea of CCNet (Wenzek et al. 2020, section 3.4) with a smaller model: it takes n-grams of whole words, learned from a sample of
the corpus, where CCNet takes n-grams of word pieces learned from Wikipedia. So a low rank means "much like the bulk of this
corpus", boilerplate included, and a high rank "unlike it": gibberish, another language, or a rare subject. Neither is quality.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.core import InputError, Value
from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.filters.measuring import Limit, beyond, measured
from holdfast.corpus.filters.perplexity.model import NGramModel, ranked, read_model, train_model, write_model
from holdfast.similarity.words import Words

__all__ = ["Perplexity", "TrainedPerplexity"]

_FILE = "words.npz"
_HELD_OUT = 10
"""Every tenth text of the sample is not learned from: its perplexity says what is usual."""
_SMALLEST_ORDER, _LARGEST_ORDER = 2, 5
_MEASURES = {
    "perplexity": "e to the mean surprise of a word, under a model of the corpus's words; null for a document without words.",
    "perplexity_rank": "Share of held-out documents of the sample with a lower perplexity, 0 to 1.",
}


class Perplexity(Value, frozen=True, kw_only=True):
    """Takes documents with an unusual perplexity, once it has been trained on a sample of the corpus."""

    name: ClassVar[str] = "perplexity"
    version: ClassVar[str] = "1"
    source: ClassVar[str] = "after CCNet (Wenzek et al. 2020, section 3.4); discounting of Ney et al. 1994"
    measures: ClassVar[Mapping[str, str]] = _MEASURES

    max_rank: float | None = 0.98
    min_rank: float | None = None
    max_perplexity: float | None = None
    order: int = 3
    """Words of the longest run of the model; changing it measures again."""
    min_count: int = 2
    """How often a run must occur in the sample to be kept; changing it measures again."""
    sample_bytes: int = 32 << 20
    """Text that the model is trained on; changing it measures again."""
    model: str | None = None
    """A model that an earlier run trained; None trains one."""

    def __post_init__(self) -> None:
        """Refuse what makes no model."""
        if not _SMALLEST_ORDER <= self.order <= _LARGEST_ORDER:
            raise InputError(f"filters.perplexity: order must be from {_SMALLEST_ORDER} to {_LARGEST_ORDER}, got {self.order}.")
        if self.min_count < 1 or self.sample_bytes < 1:
            raise InputError("filters.perplexity: min_count and sample_bytes must be at least 1.")

    def train(self, texts: Iterator[pa.Array], folder: Path) -> TrainedPerplexity:
        """Return the filter with a model of some texts, which is written into a folder."""
        hashes, counts = _learned(texts)
        owners = np.repeat(np.arange(len(counts)), counts)
        held = owners % _HELD_OUT == _HELD_OUT - 1
        model = train_model(hashes[~held], owners[~held], self.order, self.min_count)
        used = held if held.any() else ~held
        chosen = np.bincount(owners[used], minlength=len(counts))
        bounds = np.concatenate([[0], np.cumsum(chosen)]).astype(np.int64)
        empty = np.zeros(0, dtype=np.int64)
        usual = model.perplexities(Words(hashes[used], empty, empty, bounds), owners[used])
        path = folder / _FILE
        write_model(ranked(model, usual), path)
        return self.with_model(path)

    def with_model(self, path: Path) -> TrainedPerplexity:
        """Return the filter with a model that was trained before."""
        try:
            sha = sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise InputError(f"{path}: expected a model that the filter 'perplexity' wrote, and it cannot be read: {error}.") from None
        limits = {"max_rank": self.max_rank, "min_rank": self.min_rank, "max_perplexity": self.max_perplexity}
        return TrainedPerplexity(path=str(path), sha256=sha, **limits)


class TrainedPerplexity(Value, frozen=True, kw_only=True):
    """The filter with its model; workers read the file when they first measure."""

    name: ClassVar[str] = Perplexity.name
    version: ClassVar[str] = Perplexity.version
    source: ClassVar[str] = Perplexity.source
    measures: ClassVar[Mapping[str, str]] = _MEASURES

    path: str
    sha256: str
    max_rank: float | None = 0.98
    min_rank: float | None = None
    max_perplexity: float | None = None

    @property
    def identity(self) -> Mapping[str, Any]:
        """Return the digest of the model."""
        return {"model": self.sha256}

    def measure(self, documents: Documents) -> pa.Table:
        """Return the measures of a batch."""
        model = _read(self.path, self.sha256)
        found = model.perplexities(documents.words, documents.owners)
        return measured({"perplexity": found, "perplexity_rank": model.rank(found)}, self.measures)

    def decide(self, measures: pa.Table) -> Mapping[str, NDArray[np.bool_]]:
        """Return which documents go."""
        limits = (
            Limit("unlike the corpus", "perplexity_rank", high=self.max_rank),
            Limit("too like the corpus", "perplexity_rank", low=self.min_rank),
            Limit("perplexity", "perplexity", high=self.max_perplexity),
        )
        return beyond(self.name, measures, limits)


@lru_cache(maxsize=2)
def _read(path: str, sha: str) -> NGramModel:
    """Read a model; the digest keeps another file of the same path apart."""
    return read_model(Path(path))


def _learned(texts: Iterator[pa.Array]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the words of some texts one after another, and how many each text has."""
    hashes, counts = [np.zeros(0, dtype=np.uint64)], [np.zeros(0, dtype=np.int64)]
    for batch in texts:
        words = Documents(batch).words
        hashes.append(words.hashes)
        counts.append(words.counts)
    return np.concatenate(hashes), np.concatenate(counts)
