"""The rows of a shard's file: read their texts, and copy a file without some of them.

JSON Lines are copied line by line as bytes, so that a row that stays keeps every byte. The same input gives the same bytes.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import zstandard
from numpy.typing import NDArray

from holdfast.core import InputError

__all__ = ["copy_rows", "first_row", "read_texts", "text_at", "text_digest", "write_lines"]

_ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")
_LEVEL = 3
_BATCH = 8192


class _Row(msgspec.Struct):
    text: str


_DECODER = msgspec.json.Decoder(_Row)


def text_digest(text: str) -> bytes:
    """Return BLAKE2b of 16 bytes over a text's UTF-8 bytes: the digest that ORIGINS keeps.

    >>> text_digest("")[:4].hex()
    'cae66941'
    """
    # A lone surrogate cannot be written as UTF-8 and so stands in no shard; it must still not crash a look-up.
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def read_texts(path: Path) -> Iterator[list[str]]:
    """Yield the texts of a shard in order, some thousands at a time; raises InputError for a file that is no shard."""
    try:
        if path.name.endswith(".parquet"):
            for batch in parquet.ParquetFile(path).iter_batches(_BATCH, columns=["text"]):
                yield batch.column(0).to_pylist()
            return
        with _reading(path) as stream:
            while lines := list(islice(stream, _BATCH)):
                yield [_DECODER.decode(line).text for line in lines]
    except (OSError, EOFError, pa.ArrowException, zstandard.ZstdError, msgspec.DecodeError) as error:
        raise _damaged(path, error) from error


def text_at(path: Path, row: int) -> str | None:
    """Return one text of a shard; None where the shard has no such row."""
    first = 0
    for texts in read_texts(path):
        if row < first + len(texts):
            return texts[row - first]
        first += len(texts)
    return None


def first_row(path: Path) -> dict[str, Any]:
    """Return the first row of a shard with all its columns; empty for a shard without rows. Raises InputError for a file that is none."""
    try:
        if path.name.endswith(".parquet"):
            schema = parquet.read_schema(path)
            return dict.fromkeys(schema.names)
        with _reading(path) as stream:
            line = next(iter(stream), b"{}")
        return dict(msgspec.json.decode(line, type=dict[str, Any]))
    except (OSError, EOFError, pa.ArrowException, zstandard.ZstdError, msgspec.DecodeError) as error:
        raise _damaged(path, error) from error


def copy_rows(path: Path, target: Path, keep: NDArray[np.bool_]) -> None:
    """Write the rows of a shard that `keep` says, in their order, to a file of the same format; raises InputError for another length."""
    try:
        rows = _copy_parquet(path, target, keep) if path.name.endswith(".parquet") else _copy_lines(path, target, keep)
    except (OSError, EOFError, pa.ArrowException, zstandard.ZstdError) as error:
        raise _damaged(path, error) from error
    if rows != len(keep):
        raise InputError(f"{path}: expected {len(keep)} rows, as its provenance says, and it has {rows}. Run `holdfast provenance verify`.")


def write_lines(path: Path, lines: Iterable[bytes]) -> None:
    """Write lines, each with its end, to a file whose ending says the compression; the same lines give the same bytes."""
    with _writing(path) as out:
        for line in lines:
            out.write(line)


def _copy_lines(path: Path, target: Path, keep: NDArray[np.bool_]) -> int:
    rows = 0
    wanted = keep.tolist()
    with _reading(path) as stream, _writing(target) as out:
        for line in stream:
            if rows < len(wanted) and wanted[rows]:
                out.write(line)
            rows += 1
    return rows


def _copy_parquet(path: Path, target: Path, keep: NDArray[np.bool_]) -> int:
    source = parquet.ParquetFile(path)
    columns = source.metadata.row_group(0) if source.metadata.num_row_groups else None
    codec = columns.column(0).compression.lower() if columns is not None and columns.num_columns else "zstd"
    rows = 0
    with parquet.ParquetWriter(target, source.schema_arrow, compression="none" if codec == "uncompressed" else codec) as out:
        for batch in source.iter_batches(1 << 16):
            mask = keep[rows : rows + batch.num_rows]
            rows += batch.num_rows
            if len(mask) == batch.num_rows:
                out.write_batch(batch.filter(pa.array(mask)))
    return rows


@contextmanager
def _reading(path: Path) -> Iterator[IO[bytes]]:
    if not path.name.endswith(_ENDINGS):
        raise InputError(f"{path}: expected a shard that ends in {', '.join(_ENDINGS)}.")
    if path.name.endswith(".zst"):
        with path.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as stream:
            yield io.BufferedReader(stream, 1 << 20)
    elif path.name.endswith(".gz"):
        with gzip.open(path, "rb") as zipped:
            yield io.BufferedReader(zipped, 1 << 20)
    else:
        with path.open("rb", buffering=1 << 20) as plain:
            yield plain


@contextmanager
def _writing(path: Path) -> Iterator[IO[bytes]]:
    # `path` may be a draft's name: the format is told by what stands before '.draft'.
    name = path.name.removesuffix(".draft")
    with path.open("wb") as raw:
        if name.endswith(".zst"):
            with zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).stream_writer(raw, closefd=False) as stream:
                yield stream
        elif name.endswith(".gz"):
            # No name and no time in the header: they would differ from run to run.
            with gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as zipped:
                yield cast("IO[bytes]", zipped)
        else:
            yield raw


def _damaged(path: Path, error: Exception) -> InputError:
    what = error.strerror if isinstance(error, OSError) and error.strerror else str(error).strip().splitlines()[0]
    return InputError(f"{path}: cannot be read as a shard ({what}). Run `holdfast provenance verify` on its corpus.")
