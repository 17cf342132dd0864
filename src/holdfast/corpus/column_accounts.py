"""What the documents of a source said under the columns that the configuration names, and dates that could not be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from holdfast.core import InputError
from holdfast.corpus.sources.named_columns import columns_named
from holdfast.corpus.sources.shards import Shard
from holdfast.corpus.spec import SourceSpec

__all__ = ["ColumnAccount"]

_NAMED = 3
_USUAL_URL = "url"
"""Looked for without being named, so that it may be missing."""


class ColumnAccount:
    """Added up over the shards of one source."""

    def __init__(self) -> None:
        self._there: dict[str, int] = {}
        self._filled: dict[str, int] = {}
        self._unread = 0
        self._at: list[str] = []

    def add(self, columns: Iterable[Mapping[str, Any]], shard: Shard, first_line: int) -> None:
        """Add what one shard said (`measuring.COLUMNS`); `first_line` lines of its first piece's file stand before that piece."""
        for row in columns:
            setting = row["setting"]
            self._there[setting] = self._there.get(setting, 0) + row["there"]
            self._filled[setting] = self._filled.get(setting, 0) + row["filled"]
            self._unread += row["unread"]
            for piece, line in row["at"][: _NAMED - len(self._at)]:
                self._at.append(f"{shard.pieces[piece].name}:{line + (first_line if piece == 0 else 0)}")

    def check(self, source: SourceSpec) -> None:
        """Raise InputError for a column that somebody named and no document has: a search that needs it would find nothing."""
        for setting, column in _asked(source).items():
            if not self._there.get(setting):
                raise InputError(
                    f"sources: {source.name}: no document has the column {column!r} that `{setting}` names. "
                    f"Name a column that the data has, or leave `{setting}` out."
                )

    def notes(self, source: SourceSpec) -> tuple[str, ...]:
        """Return what a reader must know before relying on the columns, one sentence each."""
        said = [
            f"Source {source.name}: the column {column!r} ({setting}) is there, and empty in every document."
            for setting, column in _asked(source).items()
            if self._there.get(setting) and not self._filled.get(setting)
        ]
        if self._unread:
            dates = sum(self._filled.get(setting, 0) for setting in ("date", "WARC-Date"))
            one = self._unread == 1
            where = f"{'it stands' if one else 'the first'} at {', '.join(self._at)}"
            then = "this document counts" if one else "these documents count"
            said.append(f"Source {source.name}: {self._unread:,} of {dates:,} dates cannot be read, {where}; {then} as undated.")
        return tuple(said)


def _asked(source: SourceSpec) -> dict[str, str]:
    named = columns_named(source)
    return {setting: column for setting, column in named.items() if (setting, column) != ("url", _USUAL_URL)}
