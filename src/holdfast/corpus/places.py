"""Where documents of a finished run stand in its folder, as `holdfast provenance show` takes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet

from holdfast.corpus.documents import shard_of
from holdfast.corpus.writing import FileWritten, ShardWritten

__all__ = ["places_of"]


def places_of(out: Path, done: Sequence[ShardWritten], documents: Iterable[int]) -> Mapping[int, str]:
    """Return 'SHARD:ROW' or 'rejected/SHARD:ROW' per number of a document; each shard's origins are read once."""
    wanted: dict[int, list[int]] = {}
    for document in documents:
        wanted.setdefault(shard_of(document), []).append(document)
    found: dict[int, str] = {}
    for shard, numbers in wanted.items():
        for folder, file in (("", done[shard].kept), ("rejected/", done[shard].aside)):
            rows = _rows(out, file, numbers)
            found.update((number, f"{folder}{shard:05d}:{row}") for number, row in rows.items())
    return found


def _rows(out: Path, file: FileWritten | None, numbers: Sequence[int]) -> dict[int, int]:
    if file is None:
        return {}
    # A canary has no number; none of a document is as large as what stands for it here.
    nobody = np.iinfo(np.uint64).max
    held = parquet.read_table(out / file.provenance, columns=["document"])["document"].fill_null(nobody).to_numpy()
    return {number: int(np.flatnonzero(held == np.uint64(number))[0]) for number in numbers if np.uint64(number) in held}
