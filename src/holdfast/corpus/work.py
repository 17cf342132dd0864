"""What the steps of a corpus run share: the pass that looks at every document once, and the steps that look at all of them together.

The measuring pass reads each shard once; collectors (filters, MinHash bands, line hashes, oddities) give a table per batch, and the
tables of a shard go on the shelf. Joint steps (duplicates, signals, canaries) read those tables, never the texts of a whole corpus,
and hand work that grows with the corpus back to the engine through `Work.each`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.spec import CorpusSpec

__all__ = ["Collector", "Work"]

Item = TypeVar("Item")


class Collector(Protocol):
    """Looks at every document once, in the measuring pass. Pure and picklable."""

    name: ClassVar[str]
    """Also the name of its part on the shelf: letters, digits and '-'."""
    version: ClassVar[str]

    @property
    def identity(self) -> Mapping[str, Any]:
        """Return the settings that decide what is collected, as plain values."""
        ...

    def collect(self, documents: Documents, facts: pa.Table) -> pa.Table:
        """Return what to keep of a batch. `facts` is FACTS of the batch; a table with a column 'row' uses the rows of `facts`."""
        ...


class Work(Protocol):
    """A run's measured shards, as a joint step sees them. Picklable, so that functions on workers may hold it."""

    spec: CorpusSpec
    shards: int
    """How many; they are numbered from 0, source by source in the order of the configuration."""
    folder: Path
    """Where a joint step may keep its own files, reachable by every worker; it is removed when the run has ended."""

    def source(self, shard: int) -> int:
        """Return the place of a shard's source in `spec.sources`."""
        ...

    def part(self, shard: int, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return what a collector kept of a shard; 'facts' is FACTS, 'measures.NAME' are a filter's measures."""
        ...

    def alive(self, shard: int) -> NDArray[np.bool_]:
        """Return which rows of 'facts' passed the filters, in the order of 'facts'."""
        ...

    def read(self, shard: int) -> Iterator[pa.RecordBatch]:
        """Read a shard again: DOCUMENTS, a batch at a time."""
        ...

    def each(self, step: str, items: Sequence[Item], function: Callable[[Item], Mapping[str, pa.Table]]) -> Iterator[dict[str, pa.Table]]:
        """Run a pure, picklable function over items on the run's engine; results are kept on a shelf, so that a killed run goes on.

        Results come in the order of the items, one at a time. `step` names the shelf: letters, digits and '-'.
        """
        ...
