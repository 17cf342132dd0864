"""Where every row of a corpus came from: one parquet file beside each shard, a row per row, in the same order."""

from __future__ import annotations

import pyarrow as pa

__all__ = ["ORIGINS"]

ORIGINS = pa.schema(
    [
        pa.field("row", pa.int32(), nullable=False),
        pa.field("document", pa.uint64()),
        pa.field("source", pa.dictionary(pa.int16(), pa.string()), nullable=False),
        pa.field("file", pa.dictionary(pa.int32(), pa.string())),
        pa.field("line", pa.int64()),
        pa.field("url", pa.string()),
        pa.field("host", pa.dictionary(pa.int32(), pa.string())),
        pa.field("author", pa.dictionary(pa.int32(), pa.string())),
        pa.field("date", pa.timestamp("s", tz="UTC")),
        pa.field("licence", pa.dictionary(pa.int16(), pa.string())),
        pa.field("digest", pa.binary(16), nullable=False),
        pa.field("steps", pa.uint32(), nullable=False),
        pa.field("reason", pa.dictionary(pa.int16(), pa.string())),
    ]
)
"""`row` counts the shard's rows from 0. `document` is the number of the document in its run (`corpus.documents`), null for a
canary. `line` is the document's line or row in its source file, from 1. `digest` is BLAKE2b of 16 bytes over the row's UTF-8 text
as written. `steps` has bit i where step i of the version changed the text. `reason` is why a rejected document was left out; null
in the rows of the corpus itself. A canary's source is 'canary', and nothing else is known of it here: the private manifest knows."""
