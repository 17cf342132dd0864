"""A run's measured shards, as the joint steps and the workers see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet
from numpy.typing import NDArray

from holdfast.core import RunFolderError
from holdfast.corpus.documents import DOCUMENTS
from holdfast.corpus.plan import CorpusPlan, load_plan, save_plan, shard_key
from holdfast.corpus.sources.reader import Tally
from holdfast.corpus.sources.reading import read_shard
from holdfast.corpus.spec import CorpusSpec
from holdfast.dataflow import Shelf, Shelved, processors, run

__all__ = ["CorpusRun", "EngineSettings", "Progress"]

Item = TypeVar("Item")
_OWN = ("broken", "pieces", "columns")
Progress = Callable[[str, int, int], None]


class EngineSettings:
    """Where the shards are worked on, and who is told of it.

    Args:
        engine: 'plain', 'processes', 'daft' or 'ray'; None settles it by the number of shards.
        workers: how many processes; None means one per processor.
        address: where the Ray cluster is.
        progress: called with (what, done, total).
    """

    def __init__(
        self,
        engine: str | None,
        workers: int | None = None,
        address: str | None = None,
        progress: Progress = lambda what, done, total: None,
    ) -> None:
        self.engine = engine
        self.workers = workers
        self.address = address
        self.progress = progress

    def settle(self, shards: int) -> None:
        """Choose an engine where none was asked for: worker processes pay from the second shard on."""
        if self.engine is None:
            self.engine = "processes" if shards > 1 and (self.workers or processors()) > 1 else "plain"

    def each(self, what: str, items: Sequence[Item], function: Callable[[Item], Any], name: Callable[[Item], str]) -> Iterator[Any]:
        """Yield `function(item)` in the order of the items."""
        return run(
            items,
            function,
            engine=self.engine or "plain",
            workers=self.workers,
            address=self.address,
            progress=lambda done, total: self.progress(what, done, total),
            name=name,
        )


class CorpusRun:
    """Implements `corpus.work.Work`. Workers get it without the list of shards, which they read once from the folder.

    Args:
        plan: what is read.
        folder: for the joint steps, reachable by every worker.
        key: what decides the result, so that nothing is taken that another run left.
        shelves: per part its shelf, as `measuring.Measure` filled them.
        engine: where work goes; workers themselves cannot hand out any.
    """

    def __init__(self, plan: CorpusPlan, folder: Path, key: str, shelves: Mapping[str, Shelf], engine: EngineSettings) -> None:
        self.spec: CorpusSpec = plan.spec
        self.shards = len(plan.shards)
        self.folder = folder
        self.key = key
        self._path, self._stamp = folder / "plan.json", plan.stamp
        self._shelves = dict(shelves)
        self._engine: EngineSettings | None = engine
        save_plan(plan, self._path)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the engine behind: a worker hands out no work."""
        return {**self.__dict__, "_engine": None}

    @property
    def plan(self) -> CorpusPlan:
        """What is read."""
        return load_plan(self._path, self._stamp)

    def source(self, shard: int) -> int:
        """Return the place of a shard's source in `spec.sources`."""
        return self.plan.shards[shard].source

    def part(self, shard: int, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return what a collector kept of a shard; 'facts' and what stands beside them are the run's own."""
        shelf = self._shelves["facts" if name in _OWN else name]
        return _read(shelf.path(shard_key(self.plan.shards[shard], self.spec), name), columns)

    def kept(self, step: str, item: int, part: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return what an item of an earlier `each` left; items are numbered from 0."""
        return _read(self._shelf(step).path(_item_name(item), part), columns)

    def alive(self, shard: int) -> NDArray[np.bool_]:
        """Return which rows of 'facts' passed the filters."""
        reasons = self.kept("decide", shard, "decided")["reason"]
        passed: NDArray[np.bool_] = pc.is_null(reasons).combine_chunks().to_numpy(zero_copy_only=False)
        return passed

    def read(self, shard: int) -> Iterator[pa.RecordBatch]:
        """Read a shard again: DOCUMENTS, a batch at a time."""
        for batch in self.read_places(shard, Tally()):
            yield batch.select(DOCUMENTS.names)

    def read_places(self, shard: int, tally: Tally) -> Iterator[pa.RecordBatch]:
        """Read a shard again, with the places of the documents in their files (`sources.shards.READ`)."""
        one = self.plan.shards[shard]
        return read_shard(one, self.spec.sources[one.source], tally)

    def each(self, step: str, items: Sequence[Item], function: Callable[[Item], Mapping[str, pa.Table]]) -> Iterator[dict[str, pa.Table]]:
        """Run a pure, picklable function over items on the run's engine; see `Work.each`."""
        if self._engine is None:
            raise RuntimeError("a worker cannot hand out work; call each() in the step itself")
        shelf = self._shelf(step)
        numbered = list(enumerate(items))
        shelved = Shelved(_OfItem(function), shelf, _name_of)
        for name in self._engine.each(step, numbered, shelved, _name_of):
            yield shelf.take(name)

    def _shelf(self, step: str) -> Shelf:
        return Shelf(self.folder / f"step-{step}", self.key)


class _OfItem:
    """Takes the number off an item; picklable."""

    def __init__(self, function: Callable[[Any], Mapping[str, pa.Table]]) -> None:
        self.function = function

    def __call__(self, item: tuple[int, Any]) -> Mapping[str, pa.Table]:
        return self.function(item[1])


def _name_of(item: tuple[int, Any]) -> str:
    return _item_name(item[0])


def _item_name(item: int) -> str:
    return f"{item:07d}"


def _read(path: Path, columns: Sequence[str] | None) -> pa.Table:
    try:
        return parquet.read_table(path, columns=None if columns is None else list(columns))
    except (OSError, pa.ArrowInvalid) as error:
        raise RunFolderError(f"{path}: a result of this run is missing or damaged ({error}). Run the same command again.") from error
