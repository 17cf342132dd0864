"""A run whose shards are lists of texts in memory: what a joint step sees of a corpus run, without the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.corpus.documents import DOCUMENTS, document_id
from holdfast.corpus.duplicates import Found, collectors, find_duplicates
from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.spec import CorpusSpec, DuplicateSettings, SourceSpec
from holdfast.dataflow import run
from holdfast.similarity.words import hash_texts

Item = TypeVar("Item")


class MemoryWork:
    """Texts by shard; every document passes the filters but those named in `dead` as (shard, row).

    Args:
        folder: for the steps' files.
        shards: texts of each shard.
        settings: of the duplicates.
        sources: the source of each shard; all of one where it is left out.
        dead: documents that a filter took.
        engine: that runs the tasks.
    """

    def __init__(
        self,
        folder: Path,
        shards: Sequence[Sequence[str]],
        settings: DuplicateSettings | None = None,
        sources: Sequence[int] = (),
        dead: Sequence[tuple[int, int]] = (),
        engine: str = "plain",
    ) -> None:
        asked = settings or DuplicateSettings()
        of_shard = tuple(sources) or (0,) * len(shards)
        named = tuple(SourceSpec(name=f"s{number}", path=f"s{number}") for number in range(max(of_shard, default=0) + 1))
        self.spec = CorpusSpec(name="memory", sources=named, duplicates=asked)
        self.shards = len(shards)
        self.folder = folder
        self._sources, self._dead, self._engine = of_shard, tuple(dead), engine
        self._texts = [pa.array(texts, pa.large_string()) for texts in shards]
        self._parts: list[dict[str, pa.Table]] = []
        for texts in self._texts:
            documents = Documents(texts)
            content = pa.array(hash_texts(documents.words))
            facts = pa.table({"row": pa.array(np.arange(len(texts), dtype=np.int32)), "content": content})
            kept = {collector.name: collector.collect(documents, facts) for collector in collectors(self.spec)}
            self._parts.append({"facts": facts, **kept})

    def source(self, shard: int) -> int:
        return self._sources[shard]

    def part(self, shard: int, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        table = self._parts[shard][name]
        return table if columns is None else table.select(list(columns))

    def alive(self, shard: int) -> NDArray[np.bool_]:
        told = np.ones(len(self._texts[shard]), dtype=bool)
        told[[row for dead, row in self._dead if dead == shard]] = False
        return told

    def read(self, shard: int) -> Iterator[pa.RecordBatch]:
        for start in range(0, len(self._texts[shard]), 100):
            texts = self._texts[shard][start : start + 100]
            missing: dict[str, Any] = {name: pa.nulls(len(texts), DOCUMENTS.field(name).type) for name in DOCUMENTS.names}
            missing |= {"text": texts, "row": pa.array(np.arange(start, start + len(texts)))}
            yield pa.record_batch(missing, schema=DOCUMENTS)

    def each(self, step: str, items: Sequence[Item], function: Callable[[Item], Mapping[str, pa.Table]]) -> Iterator[dict[str, pa.Table]]:
        yield from map(dict, run(list(items), function, engine=self._engine, workers=2))


def cut_into(texts: Sequence[str], size: int) -> list[list[str]]:
    """Return texts in shards of `size`."""
    return [list(texts[start : start + size]) for start in range(0, len(texts), size)]


def removed_places(work: MemoryWork, found: Found | None = None) -> list[tuple[int, str, int, float]]:
    """Return (document, rule, the one that stays, similarity) of all documents that go, numbered over all shards from 0."""
    told = found or find_duplicates(work)
    starts = np.cumsum([0, *(work.part(shard, "facts").num_rows for shard in range(work.shards))])
    gone = []
    for shard in range(work.shards):
        for row in told.removed(shard).to_pylist():
            kept = int(starts[row["kept"] >> 32]) + (row["kept"] & 0xFFFFFFFF)
            gone.append((int(starts[shard]) + row["row"], row["rule"], kept, round(row["similarity"], 6)))
    assert document_id(0, 0) == 0
    return gone
