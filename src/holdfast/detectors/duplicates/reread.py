"""Rows that are looked at a second time: their shingles, to verify pairs, and where they stand, to name them.

Only rows of candidate pairs are read again, each once as long as their shingles fit the budget; beyond it pairs are taken in
groups that hang together, and what the groups before needed is forgotten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.detectors.duplicates.answer_words import answers_read
from holdfast.detectors.duplicates.compared import compared_words, part_words
from holdfast.plugins import Kept
from holdfast.similarity.bands import Pairs
from holdfast.similarity.clusters import component_labels
from holdfast.similarity.overlaps import ShingleSets, contained, joined, overlaps, shingle_sets
from holdfast.similarity.shingles import LONG, PAIRS, RUNS

__all__ = ["PARTS_ALIKE", "Compared", "Places", "Reread", "Sets", "different"]

_AT_ONCE = 4_096
"""Rows whose texts are in memory at once."""
_BUDGET = 1 << 24
"""Words whose shingles are held; with those of request and answer again, about 256 MiB."""

Positions = NDArray[np.int64]


PARTS_ALIKE = 0.5
"""Share of the words of the shorter request that the longer one must have too, and the same of answers."""


class Sets(NamedTuple):
    """What is compared of some rows."""

    text: ShingleSets
    request: ShingleSets
    """The words of the last user turn."""
    answer: ShingleSets
    """The words of the answer."""


class Compared(NamedTuple):
    """Some pairs and what is compared of their rows."""

    pairs: NDArray[np.int64]
    """Which of the pairs that were asked for."""
    sets: Sets
    left: NDArray[np.int64]
    """Per pair, the place of its first row in `sets`."""
    right: NDArray[np.int64]


def different(positions: Positions, count: int) -> Positions:
    """Return the different ones of some positions below `count`, ascending: `np.unique` without its hash table or its sort."""
    there = np.zeros(count, dtype=bool)
    there[positions] = True
    return np.flatnonzero(there)


class Places:
    """Reads rows again by their position among the kept ones, and remembers where they stand.

    Args:
        kept: what the detectors kept, with the way back to the rows.
        numbers: the row number at each position; bad rows have a number and no position.
    """

    def __init__(self, kept: Kept, numbers: NDArray[np.int64]) -> None:
        self._kept = kept
        self._numbers = numbers
        self._lines = np.zeros(len(numbers), dtype=np.int64)
        self._files = np.full(len(numbers), -1, dtype=np.int32)
        self._names: list[str] = []

    def read(self, positions: Positions) -> Iterator[tuple[Positions, pa.Table]]:
        """Read rows in groups, in ascending order; the next group is read while the caller works on one."""
        groups = [positions[start : start + _AT_ONCE] for start in range(0, len(positions), _AT_ONCE)]
        with ThreadPoolExecutor(1) as pool:
            tables = deque(pool.submit(self._table, group) for group in groups[:1])
            for number, group in enumerate(groups, start=1):
                table = tables.popleft().result()
                tables.extend(pool.submit(self._table, following) for following in groups[number : number + 1])
                self._note(group, table)
                yield group, table

    def _table(self, positions: Positions) -> pa.Table:
        return self._kept.rows(self._numbers[positions].tolist())

    def ensure(self, positions: Positions) -> None:
        """Make sure that the places of some rows are known."""
        unknown = positions[self._files[positions] < 0]
        for _ in self.read(different(unknown, len(self._numbers))):
            continue

    def of(self, position: int) -> tuple[str, int]:
        """Return (source, line) of a row that was read."""
        return self._names[self._files[position]], int(self._lines[position])

    def _note(self, positions: Positions, table: pa.Table) -> None:
        self._lines[positions] = table.column("line").to_numpy()
        encoded = table.column("source").combine_chunks()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = pa.concat_arrays(encoded.chunks)
        encoded = encoded.dictionary_encode()
        for code, name in enumerate(encoded.dictionary.to_pylist()):
            if name not in self._names:
                self._names.append(name)
            self._files[positions[encoded.indices.to_numpy() == code]] = self._names.index(name)


class Reread:
    """Compares rows of candidate pairs by their shingles.

    Args:
        places: reads rows.
        words: words of each row.
        budget: words whose shingles may be held at once.
    """

    def __init__(self, places: Places, words: NDArray[np.int64], budget: int = _BUDGET) -> None:
        self._places = places
        self._words = words
        self._budget = budget
        self._held = {size: _Held(len(words)) for size in (PAIRS, RUNS)}

    def similarities(self, pairs: Pairs) -> NDArray[np.float64]:
        """Return the exact Jaccard similarity of each pair: shingles that both have over shingles that either has.

        It is 0 where the requests or the answers are not alike: another question about the same long passage, or another answer to
        the same question, is another thing to learn.
        """
        found = np.zeros(len(pairs), dtype=np.float64)
        for group in self.compare(pairs):
            text, left, right = group.sets.text, group.left, group.right
            shared = overlaps(text, left, right)
            alike = contained(group.sets.request, left, right, PARTS_ALIKE) & contained(group.sets.answer, left, right, PARTS_ALIKE)
            found[group.pairs] = alike * shared / (text.sizes[left] + text.sizes[right] - shared)
        return found

    def compare(self, pairs: Pairs) -> Iterator[Compared]:
        """Yield the pairs in groups, with the shingle sets of their rows.

        A pair is cut into pairs of words where its shorter text is short, else into runs of five.
        """
        runs = self.size_of(pairs) == RUNS
        for size, chosen in ((PAIRS, np.flatnonzero(~runs)), (RUNS, np.flatnonzero(runs))):
            for group in self._groups(pairs, chosen):
                held = self._load(pairs[group].ravel(), size)
                left, right = held.slots[pairs[group]].T
                yield Compared(group, held.sets, left, right)

    def size_of(self, pairs: Pairs) -> NDArray[np.int64]:
        """Return the words in a shingle by which each pair (or group of rows) is compared."""
        return np.where(self._words[pairs].min(axis=1) < LONG, PAIRS, RUNS)

    def sets_of(self, rows: Positions, size: int) -> ShingleSets:
        """Return the shingle sets of some rows, in the order asked."""
        held = self._load(rows, size)
        return held.sets.text.taken(held.slots[rows])

    def _groups(self, pairs: Pairs, chosen: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
        if not len(chosen):
            return
        if self._words[different(pairs[chosen], len(self._words))].sum() <= self._budget:
            yield chosen
            return
        # Pairs that hang together side by side, so that few rows are read twice.
        chosen = chosen[np.argsort(component_labels(pairs[chosen]), kind="stable")]
        filled = np.cumsum(self._words[pairs[chosen]].sum(axis=1)) // self._budget
        yield from np.split(chosen, np.flatnonzero(np.diff(filled)) + 1)

    def _load(self, rows: Positions, size: int) -> _Held:
        """Return what is held, the sets of some rows among it."""
        held = self._held[size]
        missing = different(rows[held.slots[rows] < 0], len(self._words))
        if not len(missing):
            return held
        if held.words + self._words[missing].sum() > self._budget:
            held = self._held[size] = _Held(len(self._words))
            missing = different(rows, len(self._words))
        held.add(missing, (_sets(table, size) for _, table in self._places.read(missing)), int(self._words[missing].sum()))
        return held


class _Held:
    """The sets of the rows that were read, and where each row's stand.

    Args:
        count: rows in all.
    """

    def __init__(self, count: int) -> None:
        self.slots = np.full(count, -1, dtype=np.int64)
        """Per row, its place in `sets`; -1 where it is not held."""
        self.words = 0
        self.sets = Sets(_EMPTY, _EMPTY, _EMPTY)
        self._count = 0

    def add(self, rows: Positions, read: Iterable[Sets], words: int) -> None:
        """Take the sets of more rows, in their order."""
        self.slots[rows] = self._count + np.arange(len(rows))
        self._count += len(rows)
        self.words += words
        filling = [_Filling(sets, words) for sets in self.sets]
        for some in read:
            for filled, sets in zip(filling, some, strict=True):
                filled.add(sets)
        self.sets = Sets(*(filled.sets() for filled in filling))


class _Filling:
    """Sets put one after another into one array as they are read: joined at the end, all of them would be held twice.

    Args:
        first: sets that are there already.
        room: about how many values will be added.
    """

    def __init__(self, first: ShingleSets, room: int) -> None:
        self._values = np.empty(len(first.values) + room, dtype=np.uint64)
        self._bounds = [np.zeros(1, dtype=np.int64)]
        self._end = 0
        self.add(first)

    def add(self, sets: ShingleSets) -> None:
        start, self._end = self._end, self._end + len(sets.values)
        if self._end > len(self._values):
            # Of a text beyond what is compared, the answer alone may have more words.
            self._values = np.concatenate([self._values, np.empty(self._end, dtype=np.uint64)])
        self._values[start : self._end] = sets.values
        self._bounds.append(sets.bounds[1:] + start)

    def sets(self) -> ShingleSets:
        return ShingleSets(self._values[: self._end], np.concatenate(self._bounds))


_EMPTY = joined([])


def _sets(rows: pa.Table, size: int) -> Sets:
    answers = part_words(rows, "answer") if rows.column("answer").null_count else answers_read(rows).words
    return Sets(shingle_sets(compared_words(rows), size), shingle_sets(part_words(rows, "request"), 1), shingle_sets(answers, 1))
