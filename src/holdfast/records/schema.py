"""The Arrow schemas that readers, detectors and the scan share."""

from __future__ import annotations

import pyarrow as pa

__all__ = ["FINDINGS", "ROWS"]

ROWS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False, metadata={"meaning": "0-based number of the row in the whole set"}),
        pa.field("source", pa.string(), nullable=False, metadata={"meaning": "file, relative to what was given"}),
        pa.field("line", pa.int64(), nullable=False, metadata={"meaning": "1-based line, or row number without lines"}),
        pa.field("format", pa.string(), nullable=False),
        pa.field("turns", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])), nullable=False),
        pa.field("system", pa.string(), metadata={"meaning": "the system prompt; null without one"}),
        pa.field("request", pa.string(), metadata={"meaning": "the last user turn before the answer; null without one"}),
        pa.field("answer", pa.string(), metadata={"meaning": "the last assistant turn, the chosen one of a pair; null without one"}),
        pa.field("rejected", pa.string(), metadata={"meaning": "the rejected answer of a preference pair; null elsewhere"}),
        pa.field("text", pa.string(), nullable=False, metadata={"meaning": "all turns, joined by a line break"}),
        pa.field("annotator", pa.string(), metadata={"meaning": "who labelled the row, where the file says so"}),
        pa.field("unread", pa.list_(pa.string()), metadata={"meaning": "columns with text that the format does not read; null without"}),
    ]
)
"""One training row per line, whatever format it came in."""

FINDINGS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False, metadata={"meaning": "-1 for a finding about the whole set"}),
        pa.field("detector", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("severity", pa.string(), nullable=False),
        pa.field("score", pa.float64()),
        pa.field("explanation", pa.string(), nullable=False),
        pa.field("excerpt", pa.string(), nullable=False, metadata={"meaning": "redacted; never a whole row"}),
        pa.field("related", pa.int64(), metadata={"meaning": "row number of the row that this one repeats"}),
        pa.field("similarity", pa.float64()),
    ]
)
"""What a detector found, by row number; the scan joins source and line."""
