"""Rows that change hands: every source writes them once, sorted by receiver, and every receiver reads its part of all sources.

A source's file holds its rows one after another, and behind them an index that says where each receiver's rows begin and what
their CRC-32 is. A file has its name only once it is whole and on disk; a source that is done again after a kill writes the same bytes.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from holdfast.core import RunFolderError

__all__ = ["AGAIN", "Exchange", "Rows", "by_receiver", "stacked"]

Rows = NDArray[np.void]
"""Structured rows, one field per column."""

AGAIN = "Delete the folder of joint steps and run the same command again."
_INDEX = np.dtype([("start", "<i8"), ("check", "<u4")])


class Exchange:
    """One exchange of rows between the tasks of two steps. Picklable.

    Args:
        folder: where its files lie, reachable by all workers.
        name: of the exchange, part of the file names.
        dtype: of the rows.
        receivers: how many there are.
    """

    def __init__(self, folder: Path, name: str, dtype: np.dtype[np.void], receivers: int) -> None:
        self.folder, self.name, self.dtype, self.receivers = folder, name, dtype, receivers

    def write(self, source: int, parts: Iterable[tuple[Rows, NDArray[np.int64]]]) -> int:
        """Write what a source has for all receivers; return how many rows that is.

        Args:
            source: number of the source.
            parts: (rows, bounds), one after another in the order of the receivers; rows of the part's receiver i stand at `bounds[i]`
                up to `bounds[i + 1]`. All parts together cover the receivers.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        index = np.zeros(self.receivers + 1, dtype=_INDEX)
        drafted, receiver, start = _draft(self._path(source)), 0, 0
        with drafted.open("wb") as stream:
            for rows, bounds in parts:
                for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
                    told = np.ascontiguousarray(rows[first:last]).view(np.uint8).data if last > first else b""
                    stream.write(told)
                    index[receiver] = (start, zlib.crc32(told))
                    start += last - first
                    receiver += 1
            if receiver != self.receivers:
                raise ValueError(f"{self.name}: rows for {self.receivers} receivers were expected, got {receiver}")
            index[-1] = (start, 0)
            stream.write(index.tobytes())
            os.fsync(stream.fileno())
        drafted.replace(self._path(source))
        return start

    def read(self, receiver: int, sources: int) -> Rows:
        """Return what sources 0 to `sources` - 1 wrote for a receiver, in the order of the sources.

        Raises RunFolderError where a file is missing, cut short or changed.
        """
        return np.concatenate([np.zeros(0, dtype=self.dtype), *(self._piece(source, receiver) for source in range(sources))])

    def _piece(self, source: int, receiver: int) -> Rows:
        path = self._path(source)
        try:
            with path.open("rb") as stream:
                stream.seek((receiver - self.receivers - 1) * _INDEX.itemsize, os.SEEK_END)
                (first, check), (last, _) = np.frombuffer(stream.read(2 * _INDEX.itemsize), dtype=_INDEX).tolist()
                if not 0 <= first <= last <= stream.tell() // self.dtype.itemsize:
                    raise ValueError("the index is not one")
                stream.seek(first * self.dtype.itemsize)
                told = stream.read((last - first) * self.dtype.itemsize)
        except (OSError, ValueError, OverflowError) as error:
            raise RunFolderError(f"{path}: this part of a corpus run is missing or cut short. {AGAIN}") from error
        if len(told) != (last - first) * self.dtype.itemsize or zlib.crc32(told) != check:
            raise RunFolderError(f"{path}: the rows for receiver {receiver} are not those that were written. {AGAIN}")
        return np.frombuffer(told, dtype=self.dtype)

    def _path(self, source: int) -> Path:
        return self.folder / f"{self.name}-{source:06d}.rows"


def by_receiver(rows: Rows, receiver: NDArray[np.int64], receivers: int) -> tuple[Rows, NDArray[np.int64]]:
    """Return (rows sorted by receiver, in their order otherwise; the bounds of each receiver's rows)."""
    order = np.argsort(receiver, kind="stable")
    return rows[order], np.searchsorted(receiver[order], np.arange(receivers + 1)).astype(np.int64)


def stacked(dtype: np.dtype[np.void], columns: Sequence[NDArray[np.generic]]) -> Rows:
    """Return columns of equal length as rows, in the order of the fields."""
    rows = np.empty(len(columns[0]), dtype=dtype)
    for name, column in zip(dtype.names or (), columns, strict=True):
        rows[name] = column
    return rows


def _draft(path: Path) -> Path:
    # The process number keeps two workers apart that do the same task; the last one wins with the same bytes.
    return path.with_name(f"{path.name}.{os.getpid()}.draft")
