"""Where the parts of a corpus run plug in: what the run asks of each, and under which name it looks for it.

| part | the run calls |
| --- | --- |
| `corpus.filters` | `open_filters(settings) -> tuple[Filter, ...]`, in the order of the configuration |
| `corpus.duplicates` | `collectors(spec) -> tuple[Collector, ...]`, `find_duplicates(work) -> Duplicates` |
| `corpus.signals` | `collectors(spec) -> tuple[Collector, ...]`, `find_signals(work, duplicates) -> tuple[Signal, ...]` |
| `corpus.planting` | `plan_canaries(settings, rows, manifest) -> Planting` |

`corpus.planting` also says where the manifest goes (`manifest_path(settings, corpus)`), what corpus.json may say of the settings
(`public_settings(settings)`), and whether `plan_canaries` needs some kept texts as `texts=` (`reads_words(settings)`).

The order is: measure (filters and collectors, one read per shard), decide (filters), duplicates, signals, canaries, write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

import pyarrow as pa

from holdfast.core import Value
from holdfast.corpus.filters.filter import Filter

__all__ = ["CUTS", "PLACES", "Duplicates", "Planting", "Signal", "Trained"]

CUTS = pa.schema(
    [
        pa.field("row", pa.int32(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),
        pa.field("end", pa.int64(), nullable=False),
    ]
)
"""Stretches to cut out of documents: bytes of the UTF-8 text, a line with its line feed; sorted by row and start, not overlapping."""

PLACES = pa.schema([pa.field("before", pa.int64(), nullable=False), pa.field("text", pa.large_string(), nullable=False)])
"""Canaries of one output shard: each goes before the shard's kept document number `before` (from 0; the number of kept documents
stands for the end), in the order of the table, which is sorted by `before`."""


@runtime_checkable
class Trained(Protocol):
    """A filter that is trained on a sample of the corpus before the measuring pass, such as perplexity under an n-gram model."""

    sample_bytes: int
    """How much text it asks for, spread evenly over the shards."""

    def train(self, texts: Iterator[pa.Array], folder: Path) -> Filter:
        """Return the filter ready to measure; the digest of what was trained is part of its `identity`.

        Args:
            texts: arrays of large_string, in the order of the shards. The same texts must give the same model, byte for byte.
            folder: a folder of its own, reachable by every worker, that stays with the measures.
        """
        ...


class Duplicates(Protocol):
    """What repeats what. Picklable, so that workers which write shards may hold it."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Return numbers for the report by name: 'exact', 'near' (documents removed), 'clusters', 'largest cluster', 'lines cut', ..."""
        ...

    def removed(self, shard: int) -> pa.Table:
        """Return REMOVED of a shard, sorted by row; no row that a filter took stands in it."""
        ...

    def cuts(self, shard: int) -> pa.Table:
        """Return CUTS of a shard: lines to take out of documents that stay."""
        ...


class Signal(Value, frozen=True, kw_only=True):
    """One sign of poisoning. Nothing is removed by it."""

    kind: str
    """'burst', 'host', 'author', 'trigger' or 'dump-edit'."""
    source: str
    """The source's name in the configuration, or 'all'."""
    subject: str
    """The host, the author or the string that stands out; hostile text, which a page must escape."""
    documents: int
    """How many documents show it; 0 where a search found nothing and only says, as `limit`, what it would have seen."""
    of: int
    """Among how many documents that was looked for."""
    expected: float | None = None
    """How many documents were to be expected from what is ordinary there."""
    p: float | None = None
    """Adjusted p value, where a test was made."""
    limit: int | None = None
    """The smallest number of documents that this search would have seen; None where no number would do."""
    first: str | None = None
    last: str | None = None
    """The first and the last day of the documents (ISO 8601), where they are dated."""
    explanation: str
    """What was seen and what it would mean, in one sentence without text from the documents."""
    examples: tuple[int, ...] = ()
    """Numbers of some of the documents (`corpus.documents`)."""


class Planting(Protocol):
    """Where canaries go. Picklable. The private manifest has been written when it is made."""

    @property
    def canaries(self) -> int:
        """Return how many rows are planted, repetitions counted."""
        ...

    @property
    def manifest_sha256(self) -> str:
        """Return the SHA-256 of the private manifest."""
        ...

    def places(self, shard: int) -> pa.Table:
        """Return PLACES of an output shard."""
        ...
