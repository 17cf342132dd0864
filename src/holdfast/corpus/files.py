"""The files of a corpus: rows written in the format that was asked for, the same rows as the same bytes, whole or not at all."""

from __future__ import annotations

import gzip
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from holdfast.core import InputError, Value, did_you_mean, digest_file
from holdfast.corpus.spec import OutputSettings

__all__ = ["ENDINGS", "Written", "check_output", "open_rows", "parquet_writer", "sweep", "write_table", "written"]

_NEWLINE = orjson.OPT_APPEND_NEWLINE
ENDINGS = ("jsonl", "jsonl.gz", "jsonl.zst", "parquet")


class Written(Value, frozen=True, kw_only=True):
    """A file that lies there whole."""

    rows: int
    bytes: int
    sha256: str


class _Rows(Protocol):
    def write(self, rows: pa.Table) -> None: ...


def check_output(output: OutputSettings) -> None:
    """Raise InputError for an output that cannot be written."""
    if output.format not in ENDINGS:
        raise InputError(f"output.format: {output.format!r} is not known. {did_you_mean(output.format, ENDINGS)}")
    if output.format != "jsonl" and not 1 <= output.level <= 22 - 13 * (output.format == "jsonl.gz"):
        raise InputError(f"output.level: {output.level} is no level of {output.format}.")


class _JsonLines:
    """Writes rows as JSON Lines; a null is left out."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def write(self, rows: pa.Table) -> None:
        """Write a table's rows."""
        names = rows.column_names
        columns = [_plain(rows[name]).to_pylist() for name in names]
        lines = [
            orjson.dumps({name: value for name, value in zip(names, row, strict=True) if value is not None}, option=_NEWLINE)
            for row in zip(*columns, strict=True)
        ]
        self._stream.write(b"".join(lines))


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return dates as text: ISO 8601, in UTC."""
    return pc.strftime(column, "%Y-%m-%dT%H:%M:%SZ") if pa.types.is_timestamp(column.type) else column


class _Parquet:
    def __init__(self, writer: parquet.ParquetWriter) -> None:
        self._writer = writer

    def write(self, rows: pa.Table) -> None:
        """Write a table's rows as a row group."""
        self._writer.write_table(rows)


@contextmanager
def open_rows(path: Path, schema: pa.Schema, output: OutputSettings) -> Iterator[_Rows]:
    """Open a file for rows of a schema; it appears under its name when it is whole and on disk."""
    with _whole(path) as draft:
        if output.format == "parquet":
            with parquet_writer(draft, schema, output.level) as writer:
                yield _Parquet(writer)
            return
        with draft.open("wb") as raw, _compressed(raw, output) as stream:
            yield _JsonLines(stream)


def written(path: Path, rows: int) -> Written:
    """Return the size and the digest of a file that was just written."""
    return Written(rows=rows, bytes=path.stat().st_size, sha256=digest_file(path))


def write_table(path: Path, table: pa.Table) -> None:
    """Write a parquet file of one table, whole or not at all."""
    with _whole(path) as draft:
        parquet.write_table(table, draft, compression="zstd")


def parquet_writer(path: Path, schema: pa.Schema, level: int) -> parquet.ParquetWriter:
    """Return a writer whose bytes depend on the rows alone."""
    return parquet.ParquetWriter(path, schema, compression="zstd", compression_level=level)


def sweep(out: Path) -> None:
    """Remove what writers that were killed left half written in a corpus folder."""
    for folder in ("shards", "rejected", "provenance", "measures"):
        for pattern in (".*.part", "*.draft"):
            for path in (out / folder).rglob(pattern):
                path.unlink(missing_ok=True)


@contextmanager
def _compressed(raw: IO[bytes], output: OutputSettings) -> Iterator[Any]:
    if output.format == "jsonl.gz":
        # Without a time of writing, so that the same rows are the same bytes.
        with gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0, compresslevel=output.level) as stream:
            yield stream
    elif output.format == "jsonl.zst":
        import zstandard

        with zstandard.ZstdCompressor(level=output.level).stream_writer(raw, closefd=False) as stream:
            yield stream
    else:
        yield raw


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    # The process number keeps two workers apart that write the same shard; the last one wins with the same bytes.
    draft = path.with_name(f".{path.name}.{platform.node()}.{os.getpid()}.part")
    try:
        yield draft
        with draft.open("rb") as stream:
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
