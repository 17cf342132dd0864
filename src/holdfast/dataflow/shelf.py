"""A folder of results, one per shard, each there whole or not at all: what lets a killed scan go on.

Beside the parquet files of a shard lies `NAME.json` with their sizes and SHA-256 digests. It is written last, and every
file under another name first; so a shard counts from the moment its JSON file is there. What was truncated, edited or
made from other data (another `key`) is not taken, and is made again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from holdfast.core import InputError, RunFolderError, Value, digest_file

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Shelf", "Shelved"]

Shard = TypeVar("Shard")


class _Part(Value, frozen=True, kw_only=True):
    size: int
    sha256: str


class _Entry(Value, frozen=True, kw_only=True):
    key: str
    parts: dict[str, _Part]


class Shelf:
    """Results of the shards of one job.

    Args:
        folder: where they lie; made on the first `put`.
        key: identity of the job: a digest of the data, of what was asked and of the code's versions.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self.folder = folder
        self.key = key

    def has(self, name: str) -> bool:
        """Return whether a shard's result is there and whole; reads its files once, to check their digests."""
        return self._entry(name) is not None

    def put(self, name: str, tables: Mapping[str, pa.Table]) -> None:
        """Write a shard's tables; a result that is already there is replaced.

        Nothing waits for the disk: what a loss of power leaves half written has another digest, and is made again.
        """
        import pyarrow.parquet as parquet

        _check(name)
        self.folder.mkdir(parents=True, exist_ok=True)
        parts = {}
        for part, table in tables.items():
            path = self.path(name, part)
            # Hashes do not compress; findings do, and cost little.
            _write(path, partial(parquet.write_table, table, compression="lz4", use_dictionary=False))
            parts[part] = _Part(size=path.stat().st_size, sha256=digest_file(path))
        entry = msgspec.json.encode(_Entry(key=self.key, parts=parts))
        _write(self.folder / f"{name}.json", lambda target: target.write_bytes(entry))

    def take(self, name: str, *parts: str) -> dict[str, pa.Table]:
        """Return a shard's tables by part, only those named where any is; raises RunFolderError where not all are there and whole."""
        import pyarrow.parquet as parquet

        entry = self._entry(name, *parts)
        if entry is None:
            raise RunFolderError(f"{self.folder}: the result of {name!r} is missing or damaged. Run the same command again to make it.")
        return {part: parquet.read_table(self.path(name, part)) for part in parts or entry.parts}

    def column(self, names: Sequence[str], part: str, column: str) -> pa.ChunkedArray:
        """Return one column of one part over several shards, in their order; nothing else is read into memory."""
        import pyarrow as pa
        import pyarrow.parquet as parquet

        tables = [parquet.read_table(self.path(name, part), columns=[column]) for name in names]
        if not tables:
            raise InputError(f"{self.folder}: no shard was asked for column {column!r}.")
        return pa.chunked_array([chunk for table in tables for chunk in table[column].chunks], type=tables[0].schema.field(column).type)

    def path(self, name: str, part: str) -> Path:
        """Return where a part of a shard's result lies."""
        return self.folder / f"{name}.{part}.parquet"

    def _entry(self, name: str, *parts: str) -> _Entry | None:
        """Return what is known of a shard where some of its parts, or all, are whole."""
        _check(name)
        try:
            entry = msgspec.json.decode((self.folder / f"{name}.json").read_bytes(), type=_Entry)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        if entry.key != self.key:
            return None
        whole = all(part in entry.parts and _is_whole(self.path(name, part), entry.parts[part]) for part in parts or entry.parts)
        return entry if whole else None


class Shelved(Generic[Shard]):
    """A function over shards that works only where the shelf has no result yet, and returns the shard's name on the shelf.

    Hand it to `run`: a job that was killed then goes on with the shards that are missing.

    Args:
        function: shard to tables by part; pure and importable.
        shelf: where results go.
        name: the name of a shard, unique in the job, usable as a file name.
    """

    def __init__(self, function: Callable[[Shard], Mapping[str, pa.Table]], shelf: Shelf, name: Callable[[Shard], str]) -> None:
        self.function = function
        self.shelf = shelf
        self.name = name

    def __call__(self, shard: Shard) -> str:
        """Return the shard's name, once its result is on the shelf."""
        name = self.name(shard)
        if not self.shelf.has(name):
            self.shelf.put(name, self.function(shard))
        return name


def _check(name: str) -> None:
    if not name or not all(character.isalnum() or character in "-_" for character in name):
        raise ValueError(f"a shard's name must be letters, digits, '-' and '_', got {name!r}")


def _is_whole(path: Path, wanted: _Part) -> bool:
    try:
        return path.stat().st_size == wanted.size and digest_file(path) == wanted.sha256
    except FileNotFoundError:
        return False


def _write(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file under another name, and give it its own once it is whole."""
    # The process number keeps two workers apart that make the same shard; the last one wins with the same bytes.
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    try:
        write(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
