"""Whole lines of a stretch of a file, many at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from holdfast.corpus.sources.opening import BLOCK, Opened

__all__ = ["LONGEST", "line_blocks", "line_starts"]

LONGEST = 64 << 20
"""Bytes; a longer line is no document but a broken one, and is read past without being held."""

_BOM = b"\xef\xbb\xbf"


def line_blocks(stream: Opened, start: int, stop: int | None, longest: int = LONGEST) -> Iterator[bytes | None]:
    """Yield blocks of whole lines: those that begin at `start` or after it and before `stop`.

    Only the last line of a file may lack its line feed. None stands for one line that is longer than `longest`.
    """
    held, place = _first_line(stream, start)
    skipping = False
    while stop is None or place < stop:
        block = stream.read(BLOCK)
        held += block
        end = _end(held, place, stop, final=not block)
        if end:
            stream.seen(held[:end])
            if skipping:
                # What is left of the long line.
                feed = held.find(b"\n") + 1 or end
                yield None
                yield held[feed:end]
            elif place == 0 and held.startswith(_BOM):
                yield held[len(_BOM) : end]
            else:
                yield held[:end]
            skipping = False
            held, place = held[end:], place + end
        elif len(held) > longest:
            stream.seen(held)
            skipping, place, held = True, place + len(held), b""
            stop = None if stop is None else max(stop, place + 1)
        if not block:
            if skipping:
                yield None
            return


def line_starts(stream: Opened, start: int, stop: int | None) -> NDArray[np.int64]:
    """Return the bytes of the file at which the lines begin that `line_blocks` reads, in order."""
    held, place = _first_line(stream, start)
    found = [np.array([place], dtype=np.int64)]
    while held or (held := stream.read(BLOCK)):
        found.append(np.flatnonzero(np.frombuffer(held, dtype=np.uint8) == ord("\n")) + (place + 1))
        place, held = place + len(held), b""
        if stop is not None and place >= stop:
            break
    starts = np.concatenate(found)
    return starts if stop is None else starts[starts < stop]


def _first_line(stream: Opened, start: int) -> tuple[bytes, int]:
    """Return what was read past the first line end at `start` or after it, and where that begins."""
    if not start:
        return b"", 0
    stream.seek(start - 1)
    place = start - 1
    while block := stream.read(1 << 16):
        feed = block.find(b"\n")
        if feed >= 0:
            return block[feed + 1 :], place + feed + 1
        place += len(block)
    return b"", place


def _end(held: bytes, place: int, stop: int | None, *, final: bool) -> int:
    """Return how many bytes of `held`, which begins at `place`, are whole lines of the stretch."""
    if stop is not None and place + len(held) >= stop:
        feed = held.find(b"\n", max(stop - place - 1, 0))
        if feed >= 0:
            return feed + 1
    whole = len(held) if final else held.rfind(b"\n") + 1
    return whole
