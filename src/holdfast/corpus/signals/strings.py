"""A run of tokens as text again: found in the windows of a few documents, and filled in to the whole string that they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from holdfast.corpus.documents import document_id
from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.signals.grams import runs_of
from holdfast.corpus.signals.oddities import tokens_of, window
from holdfast.corpus.signals.tails import odd_tails
from holdfast.corpus.work import Work
from holdfast.detectors.personal_data import masked
from holdfast.detectors.triggers.words import pieces
from holdfast.similarity.words import Words

__all__ = ["Wanted", "Windows", "shared_string"]

_ALONGSIDE = 0.9
"""Share of a string's places that have the same token beside it, from which that token belongs to the string."""
_LONGEST = 40
"""Tokens."""


class Wanted(NamedTuple):
    """Documents of one shard whose windows are read again."""

    shard: int
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Windows:
    """Reads windows of some documents of a shard again."""

    work: Work

    def __call__(self, wanted: Wanted) -> Mapping[str, pa.Table]:
        """Return the windows' texts, folded, with the document's host."""
        rows, documents, texts, hosts = set(wanted.rows), [], [], []
        for batch in self.work.read(wanted.shard):
            mine = np.flatnonzero(np.isin(batch.column("row").to_numpy(), wanted.rows))
            if len(mine):
                chosen = batch.take(pa.array(mine))
                read = Documents(chosen.column("text"))
                odd = odd_tails(read)
                data, bounds = read.folded
                for place, end in zip(odd.rows.tolist(), odd.ends.tolist(), strict=True):
                    documents.append(document_id(wanted.shard, chosen.column("row")[place].as_py()))
                    texts.append(window(data[bounds[place] : bounds[place + 1]], int(end - bounds[place])))
                    hosts.append(chosen.column("host")[place].as_py())
                rows -= set(chosen.column("row").to_pylist())
            if not rows:
                break
        return {"windows": pa.table({"document": pa.array(documents, pa.uint64()), "text": texts, "host": pa.array(hosts, pa.string())})}


def shared_string(gram: int, length: int, texts: Sequence[str]) -> str:
    """Return the string around a run that nearly all windows share, folded, personal data and secrets masked; '' where none holds it."""
    cut = [[piece.span() for piece in pieces(text)] for text in texts]
    words = [[text[slice(*span)] for span in spans] for text, spans in zip(texts, cut, strict=True)]
    places = [(one, start) for one, text in enumerate(texts) if (start := _place(gram, length, text)) is not None]
    if not places:
        return ""
    before, after = _reach(places, words, length)
    found = Counter(
        texts[one][cut[one][max(0, start - before)][0] : cut[one][min(len(cut[one]), start + length + after) - 1][1]]
        for one, start in places
    )
    return masked(found.most_common(1)[0][0])


def _place(gram: int, length: int, text: str) -> int | None:
    tokens = tokens_of([text])
    hashes = tokens.values.to_numpy()
    for start in range(len(hashes) - length + 1):
        own = hashes[start : start + length]
        bounds = np.array([0, length], dtype=np.int64)
        runs = runs_of(Words(own, own.view(np.int64), own.view(np.int64), bounds), np.array([0]))
        if int(runs.hashes[runs.lengths == length][0]) == gram:
            return start
    return None


def _reach(places: Sequence[tuple[int, int]], words: Sequence[Sequence[str]], length: int) -> tuple[int, int]:
    """Return how many tokens before and after a run belong to the string."""
    before = after = 0
    while before + after + length < _LONGEST and _same([words[one][start - before - 1 : start - before] for one, start in places]):
        before += 1
    while before + after + length < _LONGEST and _same([words[one][start + length + after :][:1] for one, start in places]):
        after += 1
    return before, after


def _same(beside: Sequence[Sequence[str]]) -> bool:
    counts = Counter(word[0] for word in beside if word)
    return bool(counts) and counts.most_common(1)[0][1] >= _ALONGSIDE * len(beside)
