"""Bytes cut at line feeds in linear time and bounded memory, however long a line is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from holdfast.records.containers.streams import Bytes
from holdfast.records.limits import BLOCK

__all__ = ["LinesFound", "Once", "Ranged", "count_lines", "too_long", "whole_lines", "without_bom"]

_BOM = b"\xef\xbb\xbf"
_FEED = ord("\n")
_SPACES = np.zeros(256, np.bool_)
_SPACES[list(b" \t\n\r\x0b\x0c")] = True


def too_long(limit: int) -> str:
    """Say why a record that is too long is refused."""
    return f"takes more than {limit:,} bytes, the most that is read as one row (max_line_bytes)"


def whole_lines(stream: Bytes, limit: int) -> Iterator[tuple[bytes, bool, bool]]:
    """Cut a stream at line feeds: (data, long, ends).

    Either many whole lines at once with the feed of the last (which the end of a file may lack), or a block of one line of
    more than `limit` bytes, whose last block `ends` it. Never holds more than `limit` bytes and one block.
    """
    parts: list[bytes] = []
    held, long = 0, False
    while block := stream.read(BLOCK):
        cut = block.find(b"\n") + 1 if long else block.rfind(b"\n") + 1
        if long:
            yield block[:cut] if cut else block, True, cut > 0
            if not cut:
                continue
            long, block = False, block[cut:]
            cut = block.rfind(b"\n") + 1
        if cut:
            yield b"".join((*parts, block[:cut])), False, True
            parts, held = [], 0
        if cut < len(block):
            parts.append(block[cut:])
            held += len(block) - cut
        if held > limit:
            yield b"".join(parts), True, False
            parts, held, long = [], 0, True
    if long:
        yield b"", True, True
    elif parts:
        yield b"".join(parts), False, True


def without_bom(stream: Bytes) -> tuple[bytes, Bytes]:
    """Return the byte order mark that a stream begins with (b"" without one), and the stream after it."""
    head = stream.read(len(_BOM))
    return (_BOM, stream) if head == _BOM else (b"", _Headed(head, stream))


class _Headed:
    """A stream whose first bytes were read already."""

    def __init__(self, head: bytes, stream: Bytes) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int) -> bytes:
        if not self._head:
            return self._stream.read(size)
        head, self._head = self._head, b""
        return head + self._stream.read(max(size - len(head), 1))


class Once:
    """Bytes in memory as a stream of one block."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int) -> bytes:
        """Return all bytes, then none."""
        data, self._data = self._data, b""
        return data


class Ranged:
    """A stream up to a number of bytes."""

    def __init__(self, stream: Bytes, left: int) -> None:
        self._stream = stream
        self._left = left

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, b"" at the end of the range."""
        data = self._stream.read(min(size, self._left)) if self._left > 0 else b""
        self._left -= len(data)
        return data


class LinesFound(Sequence[bytes]):
    """The lines of a block that are not blank, each cut when it is asked for.

    Args:
        data: whole lines with their feeds, which the last one may lack.
    """

    def __init__(self, data: bytes) -> None:
        values = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(values == _FEED)
        if not data.endswith(b"\n"):
            ends = np.append(ends, len(data))
        starts = np.concatenate([[0], ends[:-1] + 1])
        doubtful = np.flatnonzero(_SPACES[values[starts]])
        blank = [line for line in doubtful.tolist() if not data[starts[line] : ends[line]].strip()]
        self.blank = len(blank)
        """Lines that are left out."""
        self.filled: NDArray[np.int64] = np.delete(np.arange(len(ends)), blank)
        """Which lines of the block these are."""
        self._data, self._starts, self._ends = data, starts[self.filled], ends[self.filled]

    def __len__(self) -> int:
        """Return how many lines there are."""
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> bytes: ...

    @overload
    def __getitem__(self, index: slice) -> list[bytes]: ...

    def __getitem__(self, index: int | slice) -> bytes | list[bytes]:
        """Return a line without its feed."""
        if isinstance(index, slice):
            return [self[line] for line in range(*index.indices(len(self)))]
        return self._data[self._starts[index] : self._ends[index]]

    def longer_than(self, limit: int) -> list[int]:
        """Return which lines have more bytes than that."""
        found: list[int] = np.flatnonzero(self._ends - self._starts > limit).tolist()
        return found


def count_lines(stream: Bytes) -> tuple[int, int]:
    """Count (lines, records) up to the end of a stream that starts at a line, without holding any; a blank line is no record."""
    lines = blank = 0
    unfinished, bare = False, True
    while block := stream.read(BLOCK):
        first, last = block.find(b"\n"), block.rfind(b"\n")
        if first < 0:
            bare, unfinished = bare and block.isspace(), True
            continue
        data = np.frombuffer(block, np.uint8)
        feeds = np.flatnonzero(data == _FEED)
        lines += len(feeds)
        blank += bare and (first == 0 or block[:first].isspace())
        if _SPACES[data[feeds[:-1] + 1]].any():
            blank += sum(not line or line.isspace() for line in block[first + 1 : last].split(b"\n"))
        tail = block[last + 1 :]
        bare, unfinished = not tail or tail.isspace(), bool(tail)
    return lines + unfinished, lines + unfinished - blank - (unfinished and bare)
