"""Bytes of a file wherever it lies, expanded where it is compressed, and digested on the way."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import pyarrow as pa

from holdfast.core import InputError, MissingExtraError
from holdfast.records.containers.streams import Digesting

__all__ = ["BLOCK", "BrokenFileError", "Opened", "filesystem", "is_address", "open_file"]

BLOCK = 4 << 20
"""Bytes that are read, parsed and measured at a time: large enough that calls cost nothing, small enough to stay flat."""

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class BrokenFileError(Exception):
    """A compressed file or an archive breaks off; what stood before it was read."""


def is_address(path: str) -> bool:
    """Return whether a path is one of fsspec's: 's3://bucket/key', 'gs://', 'https://', 'memory://'."""
    return "://" in path


def filesystem(address: str) -> tuple[Any, str]:
    """Return fsspec's file system for an address, and the path in it; raises what the user can mend."""
    try:
        import fsspec
    except ImportError as error:
        message = f"{address}: needs the package 'fsspec', which is not installed. Run: pip install 'holdfast[corpus]'"
        raise MissingExtraError(message) from error
    try:
        found: tuple[Any, str] = fsspec.core.url_to_fs(address)
    except ImportError as error:
        raise MissingExtraError(f"{address}: fsspec needs one more package for it ({error}).") from error
    except ValueError as error:
        raise InputError(f"{address}: expected an address that fsspec knows, got another ({error}).") from error
    return found


class Opened:
    """A file that is open: expanded bytes to read, and the digest of the bytes as they lie on disk.

    Args:
        raw: the file.
    """

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._hasher = hashlib.sha256()
        self._broken: BrokenFileError | None = None
        head = raw.read(4)
        raw.seek(0)
        self.compressed = head.startswith((_GZIP, _ZSTD))
        self._stream: Any = raw
        if self.compressed:
            source = io.BufferedReader(Digesting(raw, self._hasher), 1 << 18)
            self._stream = gzip.GzipFile(fileobj=source) if head.startswith(_GZIP) else _zstd(source)
        self._source = source if self.compressed else None

    def read(self, size: int) -> bytes:
        """Return up to `size` expanded bytes, b'' at the end; raises BrokenFileError where the file breaks off."""
        if self._broken is not None:
            raise self._broken
        if not isinstance(self._stream, gzip.GzipFile):
            return self._part(self._stream.read, size)
        # Part by part, so that what stands before a break is not lost with it.
        parts: list[bytes] = []
        held = 0
        while held < size:
            try:
                part = self._part(self._stream.read1, size - held)
            except BrokenFileError as error:
                if not parts:
                    raise
                self._broken = error
                break
            if not part:
                break
            parts.append(part)
            held += len(part)
        return b"".join(parts)

    def _part(self, read: Callable[[int], bytes], size: int) -> bytes:
        try:
            return read(size)
        except (EOFError, OSError, zlib.error) as error:
            raise BrokenFileError(f"the compressed file is broken or cut short ({error})") from error

    def seek(self, offset: int) -> None:
        """Go to a byte of a file that is not compressed."""
        self._raw.seek(offset)

    def seen(self, data: bytes) -> None:
        """Take bytes of a file that is not compressed into the digest; of a compressed one, they are in it already."""
        if not self.compressed:
            self._hasher.update(data)

    def digest(self) -> str:
        """Return the SHA-256 of what was read, in a compressed file to its last byte."""
        if self._source is not None:
            while self._source.read(BLOCK):
                pass
        return self._hasher.hexdigest()


@contextmanager
def open_file(file: str) -> Iterator[Opened]:
    """Open a file by path or address; raises InputError where it cannot be opened."""
    try:
        if is_address(file):
            fs, path = filesystem(file)
            raw = fs.open(path, "rb", block_size=BLOCK)
        else:
            raw = open(file, "rb", buffering=0)  # noqa: SIM115  # closed below, like that of fsspec
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror or error}).") from error
    with raw:
        yield Opened(raw)


def _zstd(source: IO[bytes]) -> Any:
    return pa.CompressedInputStream(pa.PythonFile(source, mode="r"), "zstd")
