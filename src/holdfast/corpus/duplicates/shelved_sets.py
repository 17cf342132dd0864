"""The shingles of documents in candidate pairs, on disk: read where a pair is compared, by whichever task compares it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.core import RunFolderError
from holdfast.corpus.documents import document_id
from holdfast.corpus.duplicates.candidates import Candidates
from holdfast.corpus.duplicates.exchange import AGAIN
from holdfast.corpus.duplicates.groups import Groups, within
from holdfast.corpus.work import Work
from holdfast.similarity.folding import folded_bytes
from holdfast.similarity.overlaps import ShingleSets, shingle_sets
from holdfast.similarity.shingles import LONG, PAIRS, RUNS
from holdfast.similarity.words import U64, Words, hash_texts, hash_words

__all__ = ["SetFiles", "keep_sets"]

_INDEX = np.dtype([("document", "<u8"), ("content", "<u8"), ("words", "<i8"), ("pairs", "<i8"), ("runs", "<i8"), ("end", "<i8")])
"""Where a document's shingles stand in the file of values: pairs of words from `pairs` to `runs`, runs of five from there to `end`."""
_BOTH = 2 * LONG
"""Words up to which a long text is cut into pairs of words as well, since a short one may repeat it."""
_AT_ONCE = 2_048
"""Documents whose words are in memory at once."""


@dataclass(frozen=True, eq=False)
class SetFiles:
    """The shingle sets of one run, a file per group."""

    folder: Path
    groups: Groups

    def words(self, documents: U64) -> NDArray[np.int64]:
        """Return how many words each document has (0 for one whose sets are not here)."""
        return self._places(documents)[1]["words"]

    def content(self, documents: U64) -> U64:
        """Return the hash of each document's words."""
        content: U64 = self._places(documents)[1]["content"]
        return content

    def load(self, documents: U64, size: int) -> ShingleSets:
        """Return the sets of some documents, in the order asked; an empty one where it is not here."""
        group, index = self._places(documents)
        first, last = (index["pairs"], index["runs"]) if size == PAIRS else (index["runs"], index["end"])
        sizes = last - first
        bounds = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        values = np.empty(bounds[-1], dtype=np.uint64)
        for number in np.unique(group[sizes > 0]):
            own = np.flatnonzero((group == number) & (sizes > 0))
            self._fill(int(number), values, bounds[own], first[own], sizes[own])
        return ShingleSets(values, bounds)

    def write(self, group: int, index: NDArray[np.void], parts: list[U64]) -> None:
        """Write the sets of a group; the index comes last, so that it stands for the whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, pieces in (("values", parts), ("index", [index])):
            path = self.folder / f"sets-{group:06d}.{name}"
            draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
            with draft.open("wb") as stream:
                for piece in pieces:
                    stream.write(np.ascontiguousarray(piece).view(np.uint8).data if len(piece) else b"")
                os.fsync(stream.fileno())
            draft.replace(path)

    def _places(self, documents: U64) -> tuple[NDArray[np.int64], NDArray[np.void]]:
        """Return (group, index entry) of each document."""
        group = self.groups.of(documents)
        found = np.zeros(len(documents), dtype=_INDEX)
        for number in np.unique(group):
            own = np.flatnonzero(group == number)
            index = self._index(int(number))
            asked = documents[own]
            place = np.minimum(np.searchsorted(index["document"], asked), max(0, len(index) - 1))
            held = index["document"][place] == asked if len(index) else np.zeros(len(own), dtype=bool)
            found[own[held]] = index[place[held]]
        return group, found

    def _index(self, group: int) -> NDArray[np.void]:
        return _mapped(self.folder / f"sets-{group:06d}.index", _INDEX)

    def _fill(self, group: int, values: U64, to: NDArray[np.int64], start: NDArray[np.int64], sizes: NDArray[np.int64]) -> None:
        """Read stretches of a group's values to their places; read and not mapped, so that memory is what was asked for."""
        path = self.folder / f"sets-{group:06d}.values"
        held = values.view(np.uint8).data
        with path.open("rb", buffering=0) as stream:
            for place, first, size in zip((to * 8).tolist(), (start * 8).tolist(), (sizes * 8).tolist(), strict=True):
                if os.preadv(stream.fileno(), [held[place : place + size]], first) != size:
                    raise RunFolderError(f"{path}: this part of a corpus run is cut short. {AGAIN}")


def keep_sets(work: Work, groups: Groups, candidates: Candidates) -> SetFiles:
    """Read the texts of all candidates again and keep their shingles on disk."""
    files = SetFiles(work.folder, groups)
    for _ in work.each("near-sets", range(groups.count), _Keep(work, candidates, files)):
        continue
    return files


@dataclass(frozen=True, eq=False)
class _Keep:
    """Keeps the shingles of a group's candidates."""

    work: Work
    candidates: Candidates
    files: SetFiles

    def __call__(self, group: int) -> Mapping[str, pa.Table]:
        wanted = self.candidates.documents_of(group)
        index, parts, end = [], [], 0
        for shard in self.files.groups.shards(group):
            own = wanted[slice(*np.searchsorted(wanted, [document_id(shard, 0), document_id(shard + 1, 0)]))]
            for batch in self.work.read(shard) if len(own) else ():
                documents = batch.column("row").to_numpy().astype(np.uint64) | np.uint64(document_id(shard, 0))
                rows = np.flatnonzero(within(documents, own))
                for begin in range(0, len(rows), _AT_ONCE):
                    some = rows[begin : begin + _AT_ONCE]
                    entries, values = _entries(documents[some], batch.column("text").take(pa.array(some)), end)
                    index.append(entries)
                    parts.append(values)
                    end += len(values)
        held = np.concatenate([np.zeros(0, dtype=_INDEX), *index])
        if len(held) != len(wanted):
            raise RunFolderError(
                f"group {group}: {len(wanted) - len(held)} documents were not read again; did the sources change meanwhile?"
            )
        self.files.write(group, held, parts)
        return {"count": pa.table({"documents": [len(held)], "shingles": [end]})}


def _entries(documents: U64, texts: pa.Array, start: int) -> tuple[NDArray[np.void], U64]:
    """Return (index entries, values) of some documents whose values begin at `start`."""
    words = hash_words(folded_bytes(texts))
    counts = words.counts
    pairs, runs = _sets(words, PAIRS, counts < _BOTH), _sets(words, RUNS, counts >= LONG)
    both = pairs.sizes + runs.sizes
    first = np.cumsum(both) - both
    values = np.empty(both.sum(), dtype=np.uint64)
    for sets, begin in ((pairs, first), (runs, first + pairs.sizes)):
        inside = np.arange(len(sets.values)) - np.repeat(sets.bounds[:-1], sets.sizes)
        values[inside + np.repeat(begin, sets.sizes)] = sets.values
    entries = np.empty(len(documents), dtype=_INDEX)
    entries["document"], entries["content"], entries["words"] = documents, hash_texts(words), counts
    entries["pairs"], entries["runs"], entries["end"] = first + start, first + pairs.sizes + start, first + both + start
    return entries, values


def _sets(words: Words, size: int, chosen: NDArray[np.bool_]) -> ShingleSets:
    """Return the sets of the chosen texts, and empty ones for the others."""
    texts = np.flatnonzero(chosen)
    counts = words.counts[texts]
    inner = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    where = np.arange(inner[-1]) + np.repeat(words.bounds[texts] - inner[:-1], counts)
    made = shingle_sets(Words(words.hashes[where], words.starts[where], words.ends[where], inner), size)
    sizes = np.zeros(len(chosen), dtype=np.int64)
    sizes[texts] = made.sizes
    return ShingleSets(made.values, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))


def _mapped(path: Path, dtype: np.dtype[np.void]) -> NDArray[np.void]:
    try:
        found = path.stat()
        return _map(path, dtype, found.st_ino, found.st_mtime_ns) if found.st_size else np.zeros(0, dtype=dtype)
    except (OSError, ValueError) as error:
        raise RunFolderError(f"{path}: this part of a corpus run is missing or cut short. {AGAIN}") from error


@lru_cache(maxsize=256)
def _map(path: Path, dtype: np.dtype[np.void], inode: int, changed: int) -> NDArray[np.void]:
    # Inode and time are in the key: a task that is done again puts another file in the place of the old one.
    return np.memmap(path, dtype=dtype, mode="r")
