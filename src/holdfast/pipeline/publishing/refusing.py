"""What a tracker says when it refuses a run, short enough to stand inside a sentence of ours."""

from __future__ import annotations

__all__ = ["said_by"]

_MOST = 300


def said_by(error: Exception) -> str:
    """Return the first line of what an error says, as many whole sentences of it as fit; '…' ends one that had to be cut.

    >>> said_by(ValueError("No such store. " + "Read on. " * 100))[:24]
    'No such store. Read on. '
    """
    first = (str(error).splitlines() or [""])[0]
    if len(first) <= _MOST:
        return first
    whole = first[:_MOST].rpartition(". ")[0]
    return f"{whole}." if whole else f"{first[:_MOST]}…"
