"""The measuring pass: one read per shard, in which every filter and every collector sees every document once.

What each of them measured lies on a shelf of its own, named by the shard's content, its name, its version and the settings that
decide the numbers. So a run with other thresholds reads no text, and one with one more filter reads the texts for that filter alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from holdfast.core import PluginError, digest
from holdfast.corpus.documents import FACTS
from holdfast.corpus.filters.filter import Documents, Filter
from holdfast.corpus.plan import shard_key
from holdfast.corpus.sources.reader import Tally
from holdfast.corpus.sources.reading import read_shard
from holdfast.corpus.sources.shards import Shard
from holdfast.corpus.spec import CorpusSpec
from holdfast.corpus.work import Collector
from holdfast.dataflow import Shelf
from holdfast.similarity.words import hash_texts

__all__ = ["BROKEN", "COLUMNS", "PIECES", "Measure", "facts_of", "shelf_of"]

_FACTS = "3"
"""Changes whenever FACTS, BROKEN, PIECES or COLUMNS of the same documents may change."""
BROKEN = pa.schema([("row", pa.int64()), ("piece", pa.int32()), ("line", pa.int64()), ("reason", pa.string())])
PIECES = pa.schema([("lines", pa.int64()), ("sha256", pa.string())])
COLUMNS = pa.schema(
    [
        ("setting", pa.string()),
        ("there", pa.int64()),
        ("filled", pa.int64()),
        ("unread", pa.int64()),
        ("at", pa.list_(pa.list_(pa.int64(), 2))),
    ]
)
"""See `sources.reader.ColumnSeen`."""


def shelf_of(measures: Path, name: str, version: str, identity: Mapping[str, Any]) -> Shelf:
    """Return the shelf of one filter or collector."""
    key = digest({"name": name, "version": version, "identity": msgspec.to_builtins(dict(identity))})
    return Shelf(measures / f"{name}-{key[:12]}", key)


class Measure:
    """The function over shards. It can be pickled.

    Args:
        spec: the run.
        measures: the folder of the shelves.
        filters: ready to measure.
        collectors: of the joint steps.
    """

    def __init__(self, spec: CorpusSpec, measures: Path, filters: Sequence[Filter], collectors: Sequence[Collector]) -> None:
        self.spec = spec
        self.shelves = {"facts": shelf_of(measures, "facts", _FACTS, {})}
        self.looks: dict[str, Callable[[Documents, pa.Table], pa.Table]] = {}
        for one in filters:
            self._add(f"measures.{one.name}", shelf_of(measures, f"filter-{one.name}", one.version, one.identity), _Measured(one))
        for collector in collectors:
            self._add(collector.name, shelf_of(measures, collector.name, collector.version, collector.identity), collector.collect)

    def __call__(self, shard: Shard) -> str:
        """Measure what is not on the shelves yet; return the shard's key there."""
        key = shard_key(shard, self.spec)
        missing = [name for name, shelf in self.shelves.items() if not shelf.has(key)]
        if not missing:
            return key
        tally = Tally()
        found: dict[str, list[pa.Table]] = {name: [] for name in missing}
        for batch in read_shard(shard, self.spec.sources[shard.source], tally):
            documents = Documents(batch["text"])
            facts = facts_of(batch, documents)
            for name in missing:
                made = facts if name == "facts" else self._look(name, documents, facts)
                found[name].append(made)
        if not tally.rows or not any(found.values()):
            found = {name: [self._empty(name)] for name in missing}
        for name, tables in found.items():
            table = _joined(tables)
            own = {"broken": _broken(tally), "pieces": _pieces(tally), "columns": _columns(tally)} if name == "facts" else {}
            parts = {name: table, **own}
            self.shelves[name].put(key, parts)
        return key

    def _add(self, name: str, shelf: Shelf, look: Callable[[Documents, pa.Table], pa.Table]) -> None:
        if name in self.shelves:
            raise PluginError(f"two parts of the corpus run collect under the name {name!r}.")
        self.shelves[name] = shelf
        self.looks[name] = look

    def _look(self, name: str, documents: Documents, facts: pa.Table) -> pa.Table:
        made = self.looks[name](documents, facts)
        if name.startswith("measures.") and made.num_rows != facts.num_rows:
            raise PluginError(f"filter {name.removeprefix('measures.')!r}: measured {made.num_rows} of {facts.num_rows} documents.")
        return made

    def _empty(self, name: str) -> pa.Table:
        """Return what a part makes of no document at all: its columns."""
        facts = FACTS.empty_table()
        return facts if name == "facts" else self.looks[name](Documents(pa.array([], pa.large_string())), facts)


class _Measured:
    """A filter's measures, asked for like a collector's table; picklable."""

    def __init__(self, one: Filter) -> None:
        self.one = one

    def __call__(self, documents: Documents, facts: pa.Table) -> pa.Table:
        return self.one.measure(documents)


def facts_of(batch: pa.RecordBatch, documents: Documents) -> pa.Table:
    """Return FACTS of a batch."""
    sizes = np.diff(np.frombuffer(batch["text"].buffers()[1], dtype=np.int64)[batch["text"].offset :][: batch.num_rows + 1])
    columns = [
        batch["row"].cast(pa.int32()),
        pa.array(sizes.astype(np.int32)),
        pa.array(hash_texts(documents.words)),
        batch["host"].dictionary_encode(),
        batch["author"].dictionary_encode(),
        batch["date"],
    ]
    return pa.Table.from_arrays(columns, schema=FACTS)


def _joined(tables: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def _broken(tally: Tally) -> pa.Table:
    return pa.Table.from_pylist([msgspec.to_builtins(one) for one in tally.broken], BROKEN)


def _pieces(tally: Tally) -> pa.Table:
    return pa.Table.from_pylist([msgspec.to_builtins(one) for one in tally.pieces], PIECES)


def _columns(tally: Tally) -> pa.Table:
    return pa.Table.from_pylist([{"setting": setting, **msgspec.to_builtins(one)} for setting, one in tally.columns.items()], COLUMNS)
