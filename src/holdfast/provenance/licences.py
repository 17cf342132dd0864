"""Under which licences the documents of a corpus stand, source by source, for the papers that are published with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from holdfast.provenance.index import open_index
from holdfast.provenance.versions import CorpusVersion

__all__ = ["NOT_STATED", "Licences", "counted", "kept_licences", "named"]

NOT_STATED = "not stated"
"""Stands for the licence of a document of which nobody says one."""
_NAMED = 20

Licences = Mapping[str, Mapping[str, int]]
"""Per source, rows of the corpus by licence."""


def kept_licences(folder: Path, version: CorpusVersion) -> dict[str, dict[str, int]]:
    """Return the rows that each source has in the corpus by licence, the most frequent first; canaries are of no source.

    A row's own licence counts before that of its source. Reads the index of the corpus, which is made first where it is missing.
    """
    found: dict[str, dict[str, int]] = {one.name: {} for one in version.sources}
    for row in _rows(folder, version).to_pylist():
        if row["key"] in found:
            found[row["key"]][row["licence"] or NOT_STATED] = row["rows_sum"]
    return found


def named(found: Iterable[Mapping[str, int]]) -> list[str]:
    """Return the licences that are stated, by name."""
    return sorted({name for counts in found for name in counts if name != NOT_STATED})


def counted(counts: Mapping[str, int]) -> str:
    """Return rows by licence in words, the most frequent licences first.

    >>> counted({"CC0-1.0": 1200, "not stated": 3})
    'CC0-1.0 1,200, not stated 3'
    """
    first = [f"{name} {rows:,}" for name, rows in list(counts.items())[:_NAMED]]
    return ", ".join(first) + (f" and {len(counts) - _NAMED:,} others" if len(counts) > _NAMED else "")


def _rows(folder: Path, version: CorpusVersion) -> pa.Table:
    index = open_index(folder, version)
    chosen = (pc.field("kind") == "source") & ~pc.field("rejected")
    table = index.filter(chosen) if isinstance(index, pa.Table) else parquet.read_table(index, filters=chosen, partitioning=None)
    return table.group_by(["key", "licence"]).aggregate([("rows", "sum")]).sort_by([("rows_sum", "descending"), ("licence", "ascending")])
