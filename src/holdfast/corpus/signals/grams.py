"""Runs of one to five tokens in the windows of a source: counted among cases first, and among controls where that can matter.

What one task holds is a part of the runs of the cases, by hash; what the driver holds is at most `MOST` runs of a source and kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.corpus.documents import document_id
from holdfast.corpus.steps import Duplicates
from holdfast.corpus.work import Work
from holdfast.similarity.shingles import shingles
from holdfast.similarity.words import U64, Words

__all__ = ["LONGEST", "MOST", "CaseGrams", "ControlGrams", "Holders", "Runs", "Totals", "runs_of", "windows"]

LONGEST = 5
"""Tokens in a run; a longer string is filled in when it is read back."""
MOST = 1_000_000
"""Runs of one source and kind that are held against the controls; where there are more, those in the fewest cases are left out and
the stated limit rises."""
_HELD = 200
"""Documents per run and shard that are kept to tell which runs stand in the same documents."""
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


class Runs(NamedTuple):
    """Runs of a batch of windows, each once per window."""

    hashes: U64
    owners: NDArray[np.int64]
    """Place of the window."""
    lengths: NDArray[np.int8]


class Windows(NamedTuple):
    """Windows of one shard whose documents are kept."""

    documents: U64
    kinds: NDArray[np.int8]
    sampled: NDArray[np.bool_]
    words: Words

    def of(self, chosen: NDArray[np.bool_]) -> Runs:
        """Return the runs of some of them; `owners` are places among all."""
        return runs_of(self.words, np.flatnonzero(chosen))


def windows(work: Work, duplicates: Duplicates, shard: int) -> Windows:
    """Return what `Oddities` kept of a shard, of documents that passed the filters and repeat no other."""
    rows = work.part(shard, "facts", ["row"])["row"].to_numpy()[work.alive(shard)]
    rows = np.setdiff1d(rows, duplicates.removed(shard)["row"].to_numpy(), assume_unique=True)
    table = work.part(shard, "oddities")
    table = table.filter(pa.array(np.isin(table["row"].to_numpy(), rows))).combine_chunks()
    counts = pa.compute.list_value_length(table["tokens"]).to_numpy()
    flat = pa.compute.list_flatten(table["tokens"]).to_numpy()
    bounds = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    none = np.zeros(0, dtype=np.int64)
    return Windows(
        table["row"].to_numpy().astype(np.uint64) | np.uint64(document_id(shard, 0)),
        table["kind"].to_numpy(),
        table["sampled"].to_numpy(),
        Words(flat, none, none, bounds),
    )


def runs_of(words: Words, chosen: NDArray[np.int64]) -> Runs:
    """Return the runs of one to five tokens of some texts."""
    counts = words.counts[chosen]
    hashes, owners, lengths = [], [], []
    for size in range(1, LONGEST + 1):
        own = chosen[counts >= size]
        if not len(own):
            continue
        # Words of `shingles` are read by hash and bound alone. Runs of different lengths must not share a hash.
        found = shingles(Words(words.hashes, words.hashes.view(np.int64), words.hashes.view(np.int64), words.bounds), size, own)
        keys = found.hashes * _FACTOR + np.uint64(size)
        owner = np.repeat(own, np.diff(found.bounds))
        order = np.lexsort((keys, owner))
        keys, owner = keys[order], owner[order]
        once = np.concatenate([[True], (keys[1:] != keys[:-1]) | (owner[1:] != owner[:-1])])
        hashes.append(keys[once])
        owners.append(owner[once])
        lengths.append(np.full(int(once.sum()), size, dtype=np.int8))
    if not hashes:
        return Runs(np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int8))
    return Runs(np.concatenate(hashes), np.concatenate(owners), np.concatenate(lengths))


@dataclass(frozen=True)
class Totals:
    """Counts the windows of a shard: per kind the cases, and all controls and tokens."""

    work: Work
    duplicates: Duplicates

    def __call__(self, shard: int) -> Mapping[str, pa.Table]:
        """Return one row: documents kept, controls, tokens of all windows, and per kind cases, sampled cases and tokens of cases."""
        own = windows(self.work, self.duplicates, shard)
        kept = int(self.work.alive(shard).sum()) - self.duplicates.removed(shard).num_rows
        columns = {"kept": [kept], "sampled": [int(own.sampled.sum())], "tokens": [len(own.words.hashes)]}
        for kind in (1, 2, 3):
            cases = own.kinds == kind
            columns[f"cases{kind}"] = [int(cases.sum())]
            columns[f"drawn{kind}"] = [int((cases & own.sampled).sum())]
            columns[f"tokens{kind}"] = [int(own.words.counts[cases].sum())]
        return {"totals": pa.table(columns)}


class Asked(NamedTuple):
    """One task of `CaseGrams`: a part of the runs of one source and kind."""

    shards: tuple[int, ...]
    kind: int
    part: int
    parts: int
    least: int
    """Cases that must hold a run."""


@dataclass(frozen=True)
class CaseGrams:
    """Counts the runs of cases that many enough of them hold."""

    work: Work
    duplicates: Duplicates

    def __call__(self, asked: Asked) -> Mapping[str, pa.Table]:
        """Return runs with their length and how many cases hold them, sorted by run."""
        hashes, lengths = [np.zeros(0, dtype=np.uint64)], [np.zeros(0, dtype=np.int8)]
        for shard in asked.shards:
            own = windows(self.work, self.duplicates, shard)
            runs = own.of(own.kinds == asked.kind)
            mine = runs.hashes % np.uint64(asked.parts) == asked.part
            hashes.append(runs.hashes[mine])
            lengths.append(runs.lengths[mine])
        found, first, hits = np.unique(np.concatenate(hashes), return_index=True, return_counts=True)
        kept = hits >= asked.least
        length = np.concatenate(lengths)[first[kept]]
        return {"grams": pa.table({"gram": found[kept], "length": length, "hits": hits[kept].astype(np.int64)})}


@dataclass(frozen=True)
class ControlGrams:
    """Counts, in one shard, the controls that hold runs of a list."""

    work: Work
    duplicates: Duplicates
    lists: Path
    """Folder of the lists, one file per source and kind, each sorted."""

    def __call__(self, shard: int) -> Mapping[str, pa.Table]:
        """Return, per kind, places in the list and how many controls hold the run."""
        own = windows(self.work, self.duplicates, shard)
        found = []
        for kind, wanted in _lists(self.lists, self.work.source(shard)):
            runs = own.of(own.sampled & (own.kinds != kind))
            places = np.minimum(np.searchsorted(wanted, runs.hashes), len(wanted) - 1)
            places, counts = np.unique(places[wanted[places] == runs.hashes], return_counts=True)
            found.append(pa.table({"kind": np.full(len(places), kind, dtype=np.int8), "place": places, "count": counts}))
        return {"controls": pa.concat_tables(found)} if found else {"controls": _NO_CONTROLS}


@dataclass(frozen=True)
class Holders:
    """Finds, in one shard, cases that hold runs of a list."""

    work: Work
    duplicates: Duplicates
    lists: Path

    def __call__(self, shard: int) -> Mapping[str, pa.Table]:
        """Return, per kind, places in the list and documents, at most 200 per place."""
        own = windows(self.work, self.duplicates, shard)
        found = []
        for kind, wanted in _lists(self.lists, self.work.source(shard)):
            runs = own.of(own.kinds == kind)
            places = np.minimum(np.searchsorted(wanted, runs.hashes), len(wanted) - 1)
            hit = wanted[places] == runs.hashes
            places, documents = places[hit], own.documents[runs.owners[hit]]
            order = np.lexsort((documents, places))
            places, documents = places[order], documents[order]
            rank = np.arange(len(places)) - np.searchsorted(places, places)
            few = rank < _HELD
            found.append(pa.table({"kind": np.full(int(few.sum()), kind, dtype=np.int8), "place": places[few], "document": documents[few]}))
        return {"holders": pa.concat_tables(found)} if found else {"holders": _NO_HOLDERS}


def _lists(folder: Path, source: int) -> Iterator[tuple[int, U64]]:
    for kind in (1, 2, 3):
        path = folder / f"{source}-{kind}.npy"
        if path.exists():
            wanted = np.load(path)
            if len(wanted):
                yield kind, wanted


_NO_CONTROLS = pa.table({"kind": pa.array([], pa.int8()), "place": pa.array([], pa.int64()), "count": pa.array([], pa.int64())})
_NO_HOLDERS = pa.table({"kind": pa.array([], pa.int8()), "place": pa.array([], pa.int64()), "document": pa.array([], pa.uint64())})
