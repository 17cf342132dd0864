"""Shards in groups of about half a million documents: what one task of a joint step holds in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.corpus.documents import document_id
from holdfast.corpus.work import Work
from holdfast.similarity.words import U64, mixed

__all__ = ["ROWS", "Groups", "Seen", "bucket_of", "buckets_for", "group_shards", "meeting", "seen", "within"]

ROWS = 1 << 19
"""Documents from which on a group is full; with 14 band keys each, 64 MB."""
_SOURCE = 0xD6E8FEB86659FD93
"""Odd; keeps the hashes of different sources apart where only documents of one source are compared."""
_SHIFT = np.uint64(32)
_GROUPS_PER_BUCKET = 4


@dataclass(frozen=True, eq=False)
class Groups:
    """Which shards go together."""

    starts: NDArray[np.int64]
    """The first shard of each group, and the number of shards."""

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(self.starts) - 1

    def shards(self, group: int) -> range:
        """Return the shards of a group."""
        return range(int(self.starts[group]), int(self.starts[group + 1]))

    def of(self, documents: U64) -> NDArray[np.int64]:
        """Return the group that holds each document."""
        shards = (documents >> _SHIFT).astype(np.int64)
        return np.searchsorted(self.starts, shards, side="right").astype(np.int64) - 1


class Seen(NamedTuple):
    """Documents of one shard that may be compared."""

    shard: int
    documents: U64
    content: U64
    rows: NDArray[np.int64]
    """Where each stands in the shard's parts."""
    bands: pa.Table
    """What `Bands` kept of the whole shard."""


def group_shards(work: Work) -> Groups:
    """Cut the shards into groups; the driver reads one column of each shard for it."""
    starts, held = [0], 0
    for shard in range(work.shards):
        if held >= ROWS:
            starts.append(shard)
            held = 0
        held += work.part(shard, "facts", ["row"]).num_rows
    return Groups(np.array([*starts, work.shards] if work.shards else [0], dtype=np.int64))


def seen(work: Work, shards: Sequence[int], columns: Sequence[str] = (), without: U64 | None = None) -> Iterator[Seen]:
    """Yield, shard by shard, the documents that passed the filters, have words, are no canaries and are not among `without`.

    Args:
        work: the run.
        shards: which of its shards.
        columns: of the bands, beside the words.
        without: documents to leave out, ascending.
    """
    for shard in shards:
        facts, bands = work.part(shard, "facts", ["row", "content"]), work.part(shard, "bands", ["words", *columns])
        numbers, content = facts["row"].to_numpy().astype(np.uint64), facts["content"].to_numpy()
        documents = numbers | np.uint64(document_id(shard, 0))
        told = work.alive(shard) & (bands["words"].to_numpy() > 0)
        if without is not None and len(without):
            told &= ~within(documents, without)
        rows = np.flatnonzero(told)
        yield Seen(shard, documents[rows], content[rows], rows, bands)


def within(values: U64, ascending: U64) -> NDArray[np.bool_]:
    """Return which values are in a sorted array."""
    if not len(ascending):
        return np.zeros(len(values), dtype=bool)
    place = np.minimum(np.searchsorted(ascending, values), len(ascending) - 1)
    found: NDArray[np.bool_] = ascending[place] == values
    return found


def meeting(work: Work, shard: int, keys: U64) -> U64:
    """Return keys by which documents meet: those of another source differ where sources are not to be compared."""
    if work.spec.duplicates.across_sources:
        return keys
    return mixed(keys + np.uint64((work.source(shard) + 1) * _SOURCE % (1 << 64)))


def buckets_for(groups: int) -> int:
    """Return into how many buckets one kind of key is parted: a bucket then has about the rows of a few groups."""
    return max(1, -(-groups // _GROUPS_PER_BUCKET))


def bucket_of(keys: U64, buckets: int) -> NDArray[np.int64]:
    """Return the bucket of each key, by its upper half: the same key is in the same bucket everywhere, and larger keys in later ones."""
    return ((keys >> _SHIFT) * np.uint64(buckets) >> _SHIFT).astype(np.int64)
