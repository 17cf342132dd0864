"""Bytes of a file, expanded where it is compressed, counted and digested on the way."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import pyarrow as pa

from holdfast.core import InputError
from holdfast.records.limits import BLOCK, Limits

__all__ = ["Bytes", "Digesting", "compressing", "compression_of", "open_bytes"]

_MAGIC = {b"\x1f\x8b": "gz", b"\x28\xb5\x2f\xfd": "zst"}


class Bytes(Protocol):
    """A stream of bytes to read from."""

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, b'' at the end."""
        ...


def compression_of(path: Path) -> str:
    """Return 'gz', 'zst' or '' by a file's first bytes."""
    with _opened(path) as stream:
        head = stream.read(4)
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")


class Digesting(io.RawIOBase):
    """Passes bytes through and digests them.

    Args:
        stream: what is read.
        hasher: of hashlib; it is updated with every byte.
    """

    def __init__(self, stream: IO[bytes], hasher: Any) -> None:
        self._stream = stream
        self._hasher = hasher

    def readable(self) -> bool:
        """Return True: it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as one read goes, and return how far."""
        data = self._stream.read(len(buffer))
        self._hasher.update(data)
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, all that are left for -1."""
        data = self._stream.read(size)
        self._hasher.update(data)
        return data


class _Expanding:
    """Expands a compressed stream up to a bound."""

    def __init__(self, path: Path, stream: Any, most: int) -> None:
        self._path = path
        self._stream = stream
        self._left = most
        self._most = most

    def read(self, size: int) -> bytes:
        try:
            data: bytes = self._stream.read(size)
        except (EOFError, OSError, zlib.error) as error:
            raise InputError(
                f"{self._path}: the compressed file is broken or cut short ({error}). Fetch it again, or check how it was written."
            ) from error
        self._left -= len(data)
        if self._left < 0:
            raise InputError(
                f"{self._path}: expands to more than {self._most:,} bytes, which looks like a zip bomb. "
                "Where it is none, raise max_expanded_bytes."
            )
        return data


@contextmanager
def open_bytes(path: Path, compression: str, limits: Limits, *, offset: int = 0, hasher: Any = None) -> Iterator[Bytes]:
    """Open a file to read its expanded bytes; `hasher` is updated with the bytes of the file itself.

    A compressed file is read past its first `offset` expanded bytes, another one starts there.
    """
    with _opened(path) as raw:
        source: Any = raw if hasher is None else Digesting(raw, hasher)
        if not compression:
            raw.seek(offset)
            yield source
            return
        expanded = _expand(source, compression)
        stream = _Expanding(path, expanded, limits.expanded(path.stat().st_size))
        while offset > 0 and (data := stream.read(min(offset, BLOCK))):
            offset -= len(data)
        yield stream
        while hasher is not None and source.read(BLOCK):
            pass  # what lies after the last compressed frame belongs to the digest too


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb", buffering=0)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error


def _expand(source: Any, compression: str) -> Any:
    if compression == "gz":
        return gzip.GzipFile(fileobj=source, mode="rb")
    return pa.CompressedInputStream(pa.PythonFile(source, mode="r"), "zstd")


@contextmanager
def compressing(path: Path, compression: str) -> Iterator[IO[bytes]]:
    """Open a file to write, compressed as asked: 'gz', 'zst' or ''."""
    with path.open("wb") as raw:
        if compression == "gz":
            # Without a time of writing, so that the same rows are the same bytes.
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as stream:
                yield stream  # type: ignore[misc]
        elif compression == "zst":
            with pa.CompressedOutputStream(pa.PythonFile(raw, mode="w"), "zstd") as stream:
                yield stream
        else:
            yield raw
