"""A corpus run's measured shards held in memory, so that a joint step can be tried by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.corpus.documents import DOCUMENTS, FACTS, REMOVED
from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.spec import CorpusSpec
from holdfast.corpus.work import Collector
from holdfast.similarity.words import hash_texts

__all__ = ["Document", "HeldDuplicates", "HeldWork", "document_table"]

Item = TypeVar("Item")


class Document(NamedTuple):
    """One document of a test."""

    text: str
    host: str | None = None
    author: str | None = None
    date: datetime | None = None


def document_table(documents: Iterable[Document]) -> pa.Table:
    """Return documents as one shard, DOCUMENTS."""
    rows = list(documents)
    dates = [None if row.date is None else int(row.date.timestamp()) for row in rows]
    columns = [
        pa.array([row.text for row in rows], pa.large_string()),
        pa.array(range(len(rows)), pa.int64()),
        pa.array([f"https://{row.host}/{place}" if row.host else None for place, row in enumerate(rows)], pa.string()),
        pa.array([row.host for row in rows], pa.string()),
        pa.array([row.author for row in rows], pa.string()),
        pa.array(dates, pa.int64()).cast(pa.timestamp("s", tz="UTC")),
        pa.nulls(len(rows), pa.string()),
    ]
    return pa.Table.from_arrays(columns, schema=DOCUMENTS)


class HeldWork:
    """A `Work` of a few shards, one source's shards after another; every document passes the filters unless told otherwise.

    Args:
        spec: what the run was asked.
        shards: (place of the source, DOCUMENTS) per shard.
        collectors: whose tables are made.
        folder: for the joint steps' own files.
        dead: per shard, rows that a filter took.
        batch: documents per batch.
    """

    def __init__(
        self,
        spec: CorpusSpec,
        shards: Sequence[tuple[int, pa.Table]],
        collectors: Sequence[Collector],
        folder: Path,
        *,
        dead: Mapping[int, Sequence[int]] | None = None,
        batch: int = 1024,
    ) -> None:
        self.spec = spec
        self.shards = len(shards)
        self.folder = folder
        self.steps: list[str] = []
        """Names of the steps that were run, in order."""
        self._sources = [source for source, _ in shards]
        self._tables = [table for _, table in shards]
        self._batch = batch
        self.dead = dead or {}
        self._parts = [_measured(table, collectors, batch) for table in self._tables]

    def source(self, shard: int) -> int:
        """Return the place of a shard's source."""
        return self._sources[shard]

    def part(self, shard: int, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return what a collector kept of a shard."""
        table = self._parts[shard][name]
        return table if columns is None else table.select(list(columns))

    def alive(self, shard: int) -> NDArray[np.bool_]:
        """Return which rows passed the filters."""
        alive = np.ones(self._tables[shard].num_rows, dtype=bool)
        alive[list(self.dead.get(shard, ()))] = False
        return alive

    def read(self, shard: int) -> Iterator[pa.RecordBatch]:
        """Read a shard again."""
        yield from self._tables[shard].to_batches(max_chunksize=self._batch)

    def each(self, step: str, items: Sequence[Item], function: Callable[[Item], Mapping[str, pa.Table]]) -> Iterator[dict[str, pa.Table]]:
        """Run a function over items, here and now."""
        self.steps.append(step)
        for item in items:
            yield dict(function(item))


class HeldDuplicates:
    """Exact copies of a `HeldWork`, first come first kept.

    Args:
        work: whose documents are compared.
    """

    def __init__(self, work: HeldWork) -> None:
        self.counts: Mapping[str, int] = {}
        self._removed: list[pa.Table] = []
        first: dict[int, int] = {}
        for shard in range(work.shards):
            rows, kept = [], []
            alive = work.alive(shard)
            for place, content in enumerate(work.part(shard, "facts", ["content"])["content"].to_pylist()):
                document = (shard << 32) | place
                if alive[place] and first.setdefault(content, document) != document:
                    rows.append(place)
                    kept.append(first[content])
            columns = [
                pa.array(rows, pa.int32()),
                pa.array(["exact"] * len(rows), pa.string()).dictionary_encode().cast(REMOVED.field("rule").type),
                pa.array(kept, pa.uint64()),
                pa.array([1.0] * len(rows), pa.float32()),
            ]
            self._removed.append(pa.Table.from_arrays(columns, schema=REMOVED))

    def removed(self, shard: int) -> pa.Table:
        """Return REMOVED of a shard."""
        return self._removed[shard]

    def cuts(self, shard: int) -> pa.Table:
        """Return no cuts."""
        from holdfast.corpus.steps import CUTS

        return CUTS.empty_table()


def _measured(table: pa.Table, collectors: Sequence[Collector], batch: int) -> dict[str, pa.Table]:
    empty = FACTS.empty_table()
    parts: dict[str, list[pa.Table]] = {"facts": [empty.set_column(5, "date", empty["date"].cast(pa.timestamp("ms", tz="UTC")))]}
    for read in table.to_batches(max_chunksize=batch):
        documents = Documents(read.column("text"))
        facts = _facts(read, documents)
        # Parquet has no seconds, so that a shelf gives milliseconds back.
        parts["facts"].append(facts.set_column(5, "date", facts["date"].cast(pa.timestamp("ms", tz="UTC"))))
        for collector in collectors:
            parts.setdefault(collector.name, []).append(collector.collect(documents, facts))
    return {name: pa.concat_tables(tables).unify_dictionaries().combine_chunks() for name, tables in parts.items()}


def _facts(read: pa.RecordBatch, documents: Documents) -> pa.Table:
    import pyarrow.compute as pc

    columns = [
        read.column("row").cast(pa.int32()),
        pc.binary_length(read.column("text")).cast(pa.int32()),
        pa.array(hash_texts(documents.words)),
        read.column("host").dictionary_encode().cast(FACTS.field("host").type),
        read.column("author").dictionary_encode().cast(FACTS.field("author").type),
        read.column("date"),
    ]
    return pa.Table.from_arrays(columns, schema=FACTS)
