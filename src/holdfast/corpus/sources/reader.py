"""What reading a shard leaves behind beside its documents: what could not be read, and what was read."""

from __future__ import annotations

from holdfast.core import Value

__all__ = ["Broken", "PieceRead", "Tally"]


class Broken(Value, frozen=True, kw_only=True):
    """A document that cannot be read."""

    row: int
    piece: int
    line: int
    """Line, row or record in its piece, from 1."""
    reason: str
    """What was expected and what came; it quotes nothing of the document."""


class PieceRead(Value, frozen=True, kw_only=True):
    """What one piece was, once it was read to its end."""

    lines: int
    """Lines, rows or records, blank and unreadable ones with them."""
    sha256: str
    """Of its bytes as they lie on disk."""


class Tally:
    """Filled while a shard is read, whole when its last batch was yielded."""

    def __init__(self) -> None:
        self.rows = 0
        """Rows given out so far: the next one's number."""
        self.lines = 0
        """Lines, rows or records of the piece that was read last."""
        self.blank = 0
        """Lines without a document: they have a row number, and no document behind it."""
        self.sha256 = ""
        """Of the piece that was read last, where the reader itself knows it."""
        self.broken: list[Broken] = []
        self.pieces: list[PieceRead] = []

    def bad(self, *, row: int, line: int, reason: str) -> None:
        """Take note of a document of the piece that is being read."""
        self.broken.append(Broken(row=row, piece=len(self.pieces), line=line, reason=reason))
