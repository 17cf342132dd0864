"""A shard read from its first document to its last, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pyarrow as pa

from holdfast.corpus.sources.archives import read_archive
from holdfast.corpus.sources.json_lines import read_json_lines
from holdfast.corpus.sources.opening import BrokenFileError, Opened, open_file
from holdfast.corpus.sources.plain_text import TextFiles, read_text_lines
from holdfast.corpus.sources.reader import PieceRead, Tally
from holdfast.corpus.sources.shards import Piece, Shard
from holdfast.corpus.sources.tables import read_hub, read_parquet
from holdfast.corpus.spec import SourceSpec

__all__ = ["read_shard"]


def read_shard(shard: Shard, source: SourceSpec, tally: Tally) -> Iterator[pa.RecordBatch]:
    """Yield a shard's documents (READ), a batch at a time; the same batches each time.

    What cannot be read is noted in `tally`, which is whole once the last batch was yielded. Raises InputError for a file that
    is not there or is of another format.
    """
    if shard.format == "text":
        yield from _texts(shard, tally)
        return
    for piece in shard.pieces:
        if shard.format in ("parquet", "hub"):
            yield from (read_hub if shard.format == "hub" else read_parquet)(piece, source, tally)
            tally.pieces.append(PieceRead(lines=tally.lines, sha256=tally.sha256))
            continue
        with open_file(piece.file) as stream:
            yield from _guarded(_stream(shard.format, stream, piece, source, tally), tally)
            tally.pieces.append(PieceRead(lines=tally.lines, sha256=_digest(stream)))


def _texts(shard: Shard, tally: Tally) -> Iterator[pa.RecordBatch]:
    gathered = TextFiles(tally)
    for piece in shard.pieces:
        with open_file(piece.file) as stream:
            row = tally.rows
            try:
                gathered.read(stream)
            except BrokenFileError as error:
                tally.bad(row=row, line=1, reason=str(error))
                tally.rows, tally.lines = row + 1, 1
            tally.pieces.append(PieceRead(lines=tally.lines, sha256=_digest(stream)))
        batch = gathered.batch()
        if batch is not None:
            yield batch
    batch = gathered.batch(last=True)
    if batch is not None:
        yield batch


def _stream(format: str, stream: Opened, piece: Piece, source: SourceSpec, tally: Tally) -> Iterator[pa.RecordBatch]:
    readers = {
        "jsonl": partial(read_json_lines, stream, piece, source, tally),
        "lines": partial(read_text_lines, stream, piece, tally),
        "warc": partial(read_archive, stream, tally, pages=True),
        "wet": partial(read_archive, stream, tally, pages=False),
    }
    return readers[format]()


def _guarded(batches: Iterator[pa.RecordBatch], tally: Tally) -> Iterator[pa.RecordBatch]:
    """Where a compressed file breaks off, what stood before it is read, and the break is a broken document."""
    first = tally.rows
    try:
        yield from batches
    except BrokenFileError as error:
        tally.lines = tally.rows - first + 1
        tally.bad(row=tally.rows, line=tally.lines, reason=str(error))
        tally.rows += 1


def _digest(stream: Opened) -> str:
    try:
        return stream.digest()
    except OSError:
        return ""
