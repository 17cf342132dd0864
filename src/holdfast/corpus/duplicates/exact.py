"""Exact duplicates over all shards: of documents with the same folded words the first one in order stays.

A task per group hands (content, document) to the bucket of the content; a task per bucket finds the first of each content and hands
(copy, first) back to the copy's group. Neither holds more than its part, and nothing of it reaches the driver but counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from holdfast.corpus.duplicates.exchange import Exchange, Rows, by_receiver, stacked
from holdfast.corpus.duplicates.groups import Groups, bucket_of, buckets_for, meeting, seen
from holdfast.corpus.work import Work

__all__ = ["Copies", "find_copies"]

_CONTENT = np.dtype([("content", "<u8"), ("document", "<u8")])
_COPY = np.dtype([("document", "<u8"), ("kept", "<u8")])


@dataclass(frozen=True, eq=False)
class Copies:
    """The exact copies of a run, by group."""

    exchange: Exchange
    buckets: int
    count: int
    """Documents that go."""

    def of_group(self, group: int) -> Rows:
        """Return (document, kept) of the copies in a group, ascending."""
        rows = self.exchange.read(group, self.buckets)
        return rows[np.argsort(rows["document"])]


def find_copies(work: Work, groups: Groups) -> Copies:
    """Find the exact copies among the documents that passed the filters."""
    buckets = buckets_for(groups.count)
    contents = Exchange(work.folder, "contents", _CONTENT, buckets)
    copies = Exchange(work.folder, "copies", _COPY, groups.count)
    for _ in work.each("exact-contents", range(groups.count), _HandOut(work, groups, contents)):
        continue
    found = work.each("exact-copies", range(buckets), _FindFirst(groups, contents, copies))
    return Copies(copies, buckets, sum(told["count"]["copies"][0].as_py() for told in found))


@dataclass(frozen=True, eq=False)
class _HandOut:
    """Hands the contents of a group's documents to their buckets."""

    work: Work
    groups: Groups
    contents: Exchange

    def __call__(self, group: int) -> Mapping[str, pa.Table]:
        rows = [
            stacked(_CONTENT, [meeting(self.work, shard.shard, shard.content), shard.documents])
            for shard in seen(self.work, self.groups.shards(group))
        ]
        held = np.concatenate([np.zeros(0, dtype=_CONTENT), *rows])
        count = self.contents.write(
            group, [by_receiver(held, bucket_of(held["content"], self.contents.receivers), self.contents.receivers)]
        )
        return {"count": pa.table({"documents": [count]})}


@dataclass(frozen=True, eq=False)
class _FindFirst:
    """Finds the copies in a bucket and hands them to the groups that hold them."""

    groups: Groups
    contents: Exchange
    copies: Exchange

    def __call__(self, bucket: int) -> Mapping[str, pa.Table]:
        rows = self.contents.read(bucket, self.groups.count)
        # Sources come in the order of their documents, so that the first row of a content is its first document.
        order = np.argsort(rows["content"], kind="stable")
        content, documents = rows["content"][order], rows["document"][order]
        new = np.ones(len(order), dtype=bool)
        new[1:] = content[1:] != content[:-1]
        first = documents[np.flatnonzero(new)][np.cumsum(new) - 1]
        found = stacked(_COPY, [documents[~new], first[~new]])
        self.copies.write(bucket, [by_receiver(found, self.groups.of(found["document"]), self.groups.count)])
        return {"count": pa.table({"copies": [len(found)]})}
