"""A shard: the stretches of files that one worker reads at a time. Small, and made to be sent."""

from __future__ import annotations

import pyarrow as pa

from holdfast.core import Value
from holdfast.corpus.documents import DOCUMENTS

__all__ = ["READ", "FormatName", "Piece", "Shard"]

FormatName = str
"""'text', 'lines', 'jsonl', 'parquet', 'warc', 'wet' or 'hub'."""

READ = DOCUMENTS.append(pa.field("piece", pa.int32(), nullable=False)).append(pa.field("line", pa.int64(), nullable=False))
"""DOCUMENTS with the place of each in its file: the number of its piece in the shard, and the line, row or record in that piece,
from 1."""


class Piece(Value, frozen=True, kw_only=True):
    """A stretch of one file."""

    file: str
    """Where it is: a path, an address of fsspec, or a hub id."""
    name: str
    """Its path relative to what the source names."""
    size: int
    """Bytes of the whole file."""
    stamp: str
    """Changes when the file does: the time of writing, or the object store's tag."""
    start: int = 0
    stop: int | None = None
    """In bytes (text, JSON Lines: a line belongs to the piece in which it begins), row groups (parquet) or rows (hub); None: to
    the end."""


class Shard(Value, frozen=True, kw_only=True):
    """Pieces of one source that are read one after another, by one worker."""

    number: int
    source: int
    """Place of its source in the configuration."""
    format: FormatName
    pieces: tuple[Piece, ...]
