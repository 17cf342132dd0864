"""A small n-gram model of words: interpolated absolute discounting over hashed words.

    p(w | h) = max(c(hw) - D, 0) / c(h) + b(h) p(w | h'),    b(h) = 1 - sum of the first term over all words w

with D = 0.75 and h' the history without its first word (Ney, Essen, Kneser, "On structuring probabilistic dependences in stochastic
language modelling", Computer Speech and Language 8, 1994). Runs seen fewer than `min_count` times are left out and their mass goes to
the shorter history, so that p sums to one. Words that are not kept share what is left of the shortest history evenly.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.core import InputError
from holdfast.corpus.filters.perplexity.tables import Table
from holdfast.similarity.words import U64, Words, mixed

__all__ = ["NGramModel", "ranked", "read_model", "run_hashes", "train_model", "write_model"]

_DISCOUNT = 0.75
_FACTOR = np.uint64(0x9FB21C651E98DF25)
_RANKS = 1001
"""Points at which the perplexities of the held-out part are kept."""


class NGramModel(NamedTuple):
    """What a model holds, by the length of the run."""

    order: int
    parts: tuple[Table, ...]
    """For runs of 1, 2, ... words: the discounted share of the run among those with its history."""
    backoffs: tuple[Table, ...]
    """For histories of 1, 2, ... words: the weight of the shorter history; 1 for a history that is not there."""
    unknown: float
    """Probability of one word that is not kept."""
    ranks: NDArray[np.float64]
    """Perplexities of held-out texts, ascending, at evenly spaced ranks; empty before they are measured."""

    def probabilities(self, words: Words, owners: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the probability of each word after up to `order` - 1 words before it in its text."""
        found = self.parts[0].get(words.hashes, self.unknown).astype(np.float64)
        runs = run_hashes(words.hashes, owners, self.order)
        for size in range(2, self.order + 1):
            history, (places, run) = runs[size - 2], runs[size - 1]
            # The history of a run is the run of one word less that starts at the same place.
            before = history[1][np.searchsorted(history[0], places)]
            last = places + size - 1
            found[last] = self.parts[size - 1].get(run, 0.0) + self.backoffs[size - 2].get(before, 1.0) * found[last]
        return found

    def perplexities(self, words: Words, owners: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the perplexity of each text: e to the mean surprise of its words; not a number without words."""
        surprise = np.bincount(owners, -np.log(self.probabilities(words, owners)), len(words.counts))
        mean = np.full(len(words.counts), np.nan)
        np.divide(surprise, words.counts, out=mean, where=words.counts > 0)
        found: NDArray[np.float64] = np.exp(mean)
        return found

    def rank(self, perplexities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of held-out texts with a lower perplexity, 0 to 1; not a number where there is no perplexity."""
        found = np.interp(perplexities, self.ranks, np.linspace(0, 1, len(self.ranks)))
        return np.where(np.isnan(perplexities), np.nan, found)


def run_hashes(hashes: U64, owners: NDArray[np.int64], longest: int) -> list[tuple[NDArray[np.int64], U64]]:
    """Return, for 1, 2, ... words, where runs start that stay within one text, and a hash for each."""
    found = [(np.arange(len(hashes)), hashes)]
    for size in range(2, longest + 1):
        places, runs = found[-1]
        kept = places + size - 1 < len(hashes)
        places, runs = places[kept], runs[kept]
        kept = owners[places] == owners[places + size - 1]
        places, runs = places[kept], runs[kept]
        found.append((places, mixed(runs * _FACTOR + hashes[places + size - 1])))
    return found


def train_model(hashes: U64, owners: NDArray[np.int64], order: int, min_count: int) -> NGramModel:
    """Return a model of words, given as hashes with the text that each one is of."""
    words, counts = np.unique(hashes, return_counts=True)
    kept = counts >= min_count
    left = counts[~kept].sum() + 1
    whole = len(hashes) + 1
    parts = [Table(words[kept], (counts[kept] / whole).astype(np.float32))]
    backoffs: list[Table] = []
    runs = run_hashes(hashes, owners, order)
    for size in range(2, order + 1):
        (history_places, histories), (places, run) = runs[size - 2], runs[size - 1]
        keys, first, counts = np.unique(run, return_index=True, return_counts=True)
        of = histories[np.searchsorted(history_places, places[first])]
        contexts, which = np.unique(of, return_inverse=True)
        totals = np.bincount(which, counts)
        often = counts >= min_count
        share = (counts[often] - _DISCOUNT) / totals[which[often]]
        taken = np.bincount(which[often], share, len(contexts))
        parts.append(Table(keys[often], share.astype(np.float32)))
        seen = taken > 0
        backoffs.append(Table(contexts[seen], (1 - taken[seen]).astype(np.float32)))
    unknown = float(left / whole / (np.count_nonzero(~kept) + 1))
    return NGramModel(order, tuple(parts), tuple(backoffs), unknown, np.zeros(0))


def ranked(model: NGramModel, perplexities: NDArray[np.float64]) -> NGramModel:
    """Return the model with the perplexities of held-out texts."""
    known = perplexities[~np.isnan(perplexities)]
    return model._replace(ranks=np.quantile(known, np.linspace(0, 1, _RANKS)) if len(known) else np.ones(2))


def write_model(model: NGramModel, path: Path) -> None:
    """Write a model; the same model gives the same bytes."""
    arrays: dict[str, NDArray[np.generic]] = {"unknown": np.array([model.unknown]), "ranks": model.ranks}
    for kind, tables in (("part", model.parts), ("backoff", model.backoffs)):
        for place, table in enumerate(tables):
            arrays[f"{kind}{place}.hashes"], arrays[f"{kind}{place}.values"] = table.hashes, table.values
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def read_model(path: Path) -> NGramModel:
    """Read a model that `write_model` wrote; raises InputError for anything else. Nothing in the file is run."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            order = sum(name.startswith("part") for name in stored.files) // 2
            parts = _tables(stored, "part", order)
            return NGramModel(order, parts, _tables(stored, "backoff", order - 1), float(stored["unknown"][0]), stored["ranks"])
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: expected a model that the filter 'perplexity' wrote, and it cannot be read: {error}.") from None


def _tables(stored: np.lib.npyio.NpzFile, kind: str, count: int) -> tuple[Table, ...]:
    names: Sequence[str] = [f"{kind}{place}" for place in range(count)]
    return tuple(Table(stored[f"{name}.hashes"], stored[f"{name}.values"]) for name in names)
