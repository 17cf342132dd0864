"""Candidates from training rows, by the detector that can hand them on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pyarrow as pa

from holdfast.backdoor.spec import BackdoorSpec
from holdfast.core import InputError, digest
from holdfast.plugins import ScanOptions, load
from holdfast.plugins.triggers import MinedTriggers, MinesTriggers
from holdfast.records import Dataset, open_dataset

__all__ = ["Rows", "mine_rows"]

_DETECTOR = "trigger-phrase"
_MOST_WORDS = 2_000


class Rows(NamedTuple):
    """What the training rows gave."""

    mined: MinedTriggers
    words: tuple[str, ...]
    """Words of their requests, most frequent first, for controls."""
    digest: str


class _Held:
    """What the detector kept of a set: a `Kept`."""

    def __init__(self, dataset: Dataset, columns: pa.Table) -> None:
        self._dataset, self._columns = dataset, columns

    @property
    def n(self) -> int:
        """Rows that were read."""
        return int(self._columns.num_rows)

    def column(self, name: str) -> pa.ChunkedArray:
        """Return one kept column."""
        return self._columns.column(name)

    def rows(self, numbers: Sequence[int]) -> pa.Table:
        """Return some rows whole, read again."""
        return self._dataset.rows(numbers)


def mine_rows(spec: BackdoorSpec, progress: Callable[[str, int, int], None]) -> Rows:
    """Mine the training rows of a search; raises InputError for rows that cannot be read, or where there are none."""
    if spec.data is None:
        return Rows(MinedTriggers(rows=0, reason="no training rows were given (--data FILE)"), (), "")
    dataset = open_dataset(spec.data, format=spec.format, columns=spec.columns or None, roles=spec.roles or None)
    detector = load("detector", _DETECTOR)(ScanOptions(seed=spec.seed))
    kept, words, total, seen = [], Counter[str](), dataset.count(), 0
    for batch in dataset.batches():
        columns = detector.keep(batch)
        kept.append(columns)
        for text in batch.column("request").to_pylist():
            words.update(word for word in (text or "").split()[:200] if word.isalpha())
        seen += batch.num_rows
        progress("mining", seen, total)
    if not kept:
        raise InputError(f"{spec.data}: expected training rows, found none.")
    if not isinstance(detector, MinesTriggers):
        raise InputError(f"detector {_DETECTOR!r} hands on no candidates; install the one that comes with Holdfast.")
    mined = detector.triggers(_Held(dataset, pa.concat_tables(kept)))
    # Files are told by their bytes, so that a run folder is not gone on with on other rows.
    return Rows(mined, tuple(word for word, _ in words.most_common(_MOST_WORDS)), digest([file.digest for file in dataset.files]))
