"""What reading a shard leaves behind beside its documents: what could not be read, and what was read."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.core import Value

__all__ = ["Broken", "ColumnSeen", "PieceRead", "Tally"]

_PLACES = 20


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


class ColumnSeen(Value, frozen=True, kw_only=True):
    """What a shard's documents say under one column that the source names."""

    there: int = 0
    """Documents that have the column, empty or not; where some say something, all documents of their block count."""
    filled: int = 0
    """Documents that say something under it."""
    unread: int = 0
    """Of a column of dates: those that cannot be read as one."""
    at: tuple[tuple[int, int], ...] = ()
    """Piece and line of the first of these."""


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

        self.columns: dict[str, ColumnSeen] = {}
        """By the setting of the source that names it: 'url', 'author', 'date', 'licence'."""

    def saw(self, setting: str, *, there: int, filled: int, unread: Sequence[int] = ()) -> None:
        """Add what some documents of the piece that is being read say; `unread` are the lines of dates that cannot be read."""
        before = self.columns.get(setting, ColumnSeen())
        places = ((len(self.pieces), line) for line in unread[: _PLACES - len(before.at)])
        self.columns[setting] = ColumnSeen(
            there=before.there + there, filled=before.filled + filled, unread=before.unread + len(unread), at=(*before.at, *places)
        )

    def bad(self, *, row: int, line: int, reason: str) -> None:
        """Take note of a document of the piece that is being read."""
        self.broken.append(Broken(row=row, piece=len(self.pieces), line=line, reason=reason))
