"""The tables that pass between the steps of a corpus run, as Arrow schemas.

A document is known by a number: its shard's number times 2**32, plus its place in the shard. Shards are cut by the sizes of the
files and by the settings alone, so that a document has the same number on one core and on a cluster, today and after a restart.
"""

from __future__ import annotations

import pyarrow as pa

__all__ = ["DOCUMENTS", "FACTS", "REMOVED", "document_id", "place_of", "shard_of"]

DOCUMENTS = pa.schema(
    [
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("host", pa.string()),
        pa.field("author", pa.string()),
        pa.field("date", pa.timestamp("s", tz="UTC")),
        pa.field("licence", pa.string()),
    ]
)
"""A batch of documents as a source gives it. `row` counts the shard's documents from 0, unreadable ones with them; `host` is the
host name of `url`, in lower case, without the port; `date` is when the text was written or crawled, whichever the source says."""

FACTS = pa.schema(
    [
        pa.field("row", pa.int32(), nullable=False),
        pa.field("bytes", pa.int32(), nullable=False),
        pa.field("content", pa.uint64(), nullable=False),
        pa.field("host", pa.dictionary(pa.int32(), pa.string())),
        pa.field("author", pa.dictionary(pa.int32(), pa.string())),
        pa.field("date", pa.timestamp("s", tz="UTC")),
    ]
)
"""What is kept of every document beside its measures: `bytes` of its UTF-8 text, and `content`, the hash of its folded words
(`similarity.words.hash_texts`; 0 for a text without words)."""

REMOVED = pa.schema(
    [
        pa.field("row", pa.int32(), nullable=False),
        pa.field("rule", pa.dictionary(pa.int8(), pa.string()), nullable=False),
        pa.field("kept", pa.uint64(), nullable=False),
        pa.field("similarity", pa.float32(), nullable=False),
    ]
)
"""Documents of one shard that repeat another one: the rule that says so ('exact', 'near'), the number of the document that stays,
and the exact Jaccard similarity of the two (1 for exact copies)."""


def document_id(shard: int, row: int) -> int:
    """Return the number of a document.

    >>> document_id(3, 5) == 3 * 2**32 + 5
    True
    """
    return (shard << 32) | row


def shard_of(document: int) -> int:
    """Return the number of the shard that holds a document."""
    return document >> 32


def place_of(document: int) -> int:
    """Return the place of a document in its shard, from 0."""
    return document & 0xFFFFFFFF
