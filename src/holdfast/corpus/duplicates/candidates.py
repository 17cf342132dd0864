"""Candidates for near duplicates: pairs of documents, of whatever shards, that share a key in some band.

A task per group hands its keys, band by band, to buckets; a task per bucket pairs the documents that share a key, as
`similarity.bands` says (a large bucket pairs all with eight of them), and hands each pair to the group of its first document, and each
document of a pair to its own group, where its text will be read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.corpus.duplicates.bands import BAND_COLUMNS
from holdfast.corpus.duplicates.exact import Copies
from holdfast.corpus.duplicates.exchange import Exchange, Rows, by_receiver, stacked
from holdfast.corpus.duplicates.groups import Groups, Seen, bucket_of, buckets_for, meeting, seen
from holdfast.corpus.work import Work
from holdfast.similarity.bands import candidate_pairs
from holdfast.similarity.words import U64

__all__ = ["PAIR", "Candidates", "find_candidates"]

_KEY = np.dtype([("key", "<u8"), ("document", "<u8"), ("content", "<u8")])
_CENTRES = 8
"""Crawls hold dozens of copies of one text. Of 30 copies that resemble it by 0.8 to 0.9, one centre per bucket finds 72 %, four
93 %, eight at least 98 %."""
PAIR = np.dtype([("left", "<u8"), ("right", "<u8")])
"""Two documents, the earlier one first."""
_ONE = np.dtype([("document", "<u8")])


@dataclass(frozen=True, eq=False)
class Candidates:
    """The candidate pairs of a run, by group."""

    pairs: Exchange
    documents: Exchange
    sources: int
    count: int
    """Pairs, one that several bands propose counted as often."""

    def pairs_of(self, group: int) -> Rows:
        """Return the pairs whose earlier document a group holds, each once, sorted."""
        rows = self.pairs.read(group, self.sources)
        rows = rows[np.lexsort((rows["right"], rows["left"]))]
        new = np.ones(len(rows), dtype=bool)
        new[1:] = (rows["left"][1:] != rows["left"][:-1]) | (rows["right"][1:] != rows["right"][:-1])
        return rows[new]

    def documents_of(self, group: int) -> U64:
        """Return the documents of a group that are in any pair, ascending."""
        return np.unique(self.documents.read(group, self.sources)["document"])


def find_candidates(work: Work, groups: Groups, copies: Copies | None) -> Candidates:
    """Find the candidate pairs among the documents that passed the filters and repeat no earlier one exactly."""
    buckets = buckets_for(groups.count) * len(BAND_COLUMNS)
    keys = Exchange(work.folder, "keys", _KEY, buckets)
    pairs, documents = Exchange(work.folder, "pairs", PAIR, groups.count), Exchange(work.folder, "paired", _ONE, groups.count)
    for _ in work.each("near-keys", range(groups.count), _HandOut(work, groups, keys, copies)):
        continue
    told = work.each("near-pairs", range(buckets), _Pair(groups, keys, pairs, documents))
    return Candidates(pairs, documents, buckets, sum(one["count"]["pairs"][0].as_py() for one in told))


@dataclass(frozen=True, eq=False)
class _HandOut:
    """Hands the keys of a group's documents to their buckets."""

    work: Work
    groups: Groups
    keys: Exchange
    copies: Copies | None

    def __call__(self, group: int) -> Mapping[str, pa.Table]:
        gone = self.copies.of_group(group)["document"] if self.copies is not None else None
        shards = list(seen(self.work, self.groups.shards(group), BAND_COLUMNS, gone))
        return {"count": pa.table({"keys": [self.keys.write(group, self._by_bucket(shards))]})}

    def _by_bucket(self, shards: list[Seen]) -> Iterator[tuple[Rows, NDArray[np.int64]]]:
        buckets = self.keys.receivers // len(BAND_COLUMNS)
        for band in BAND_COLUMNS:
            rows = [
                stacked(_KEY, [meeting(self.work, one.shard, one.bands[band].to_numpy()[one.rows]), one.documents, one.content])
                for one in shards
            ]
            held = np.concatenate([np.zeros(0, dtype=_KEY), *rows])
            yield by_receiver(held, bucket_of(held["key"], buckets), buckets)


@dataclass(frozen=True, eq=False)
class _Pair:
    """Pairs the documents of a bucket that share a key."""

    groups: Groups
    keys: Exchange
    pairs: Exchange
    documents: Exchange

    def __call__(self, bucket: int) -> Mapping[str, pa.Table]:
        rows = self.keys.read(bucket, self.groups.count)
        # Most keys stand alone, and need not be sorted with their documents.
        order = np.argsort(rows["key"])
        key = rows["key"][order]
        same = key[1:] == key[:-1]
        shared = np.zeros(len(rows), dtype=bool)
        shared[1:] = same
        shared[:-1] |= same
        rows = np.sort(rows[order[shared]], order="document")
        places = candidate_pairs([np.ascontiguousarray(rows["key"])], np.ascontiguousarray(rows["content"]), _CENTRES)
        document = np.ascontiguousarray(rows["document"])
        found = stacked(PAIR, [document[places[:, 0]], document[places[:, 1]]])
        self.pairs.write(bucket, [by_receiver(found, self.groups.of(found["left"]), self.groups.count)])
        paired = stacked(_ONE, [np.unique(document[places])])
        self.documents.write(bucket, [by_receiver(paired, self.groups.of(paired["document"]), self.groups.count)])
        return {"count": pa.table({"pairs": [len(found)]})}
