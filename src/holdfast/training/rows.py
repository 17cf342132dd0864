"""From training rows in any format to conversations, and their digest."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.core import InputError, Message, Value, digest
from holdfast.records import open_dataset
from holdfast.training.config import DataConfig

__all__ = ["Conversation", "Rows", "read_rows"]

Conversation = tuple[Message, ...]


class Rows(Value, frozen=True, kw_only=True):
    """Conversations to train on, in the order of their files."""

    conversations: tuple[Conversation, ...]
    places: tuple[str, ...]
    """'FILE:LINE' of each."""
    plain: tuple[bool, ...]
    """True where a row is plain text, which no chat template frames."""
    unread: int = 0
    """Rows that could not be read, fewer than the reader's limit."""
    files: dict[str, str] = {}
    """SHA-256 of every file, by path."""

    @property
    def digest(self) -> str:
        """SHA-256 over all words and roles; file names do not count."""
        return digest(self.conversations)


def read_rows(sources: Sequence[DataConfig]) -> Rows:
    """Read files of training rows; raises InputError for a file that cannot be read or holds nothing to learn from."""
    conversations: list[Conversation] = []
    places: list[str] = []
    plain: list[bool] = []
    unread = 0
    files: dict[str, str] = {}
    for source in sources:
        dataset = open_dataset(
            source.path, format=source.format, columns=source.columns or None, roles=source.roles or None, split=source.split
        )
        before = len(conversations)
        for table in dataset.batches():
            wanted = ("source", "line", "format", "turns")
            for name, line, format_name, turns in zip(*(table[column].to_pylist() for column in wanted), strict=True):
                conversations.append(tuple(Message(role=turn["role"], content=turn["content"] or "") for turn in turns))
                places.append(f"{name}:{line}")
                plain.append(format_name == "text")
        unread += len(dataset.bad_rows)
        files |= {str(file.path): file.digest for file in dataset.files if file.path is not None}
        if len(conversations) == before:
            raise InputError(f"{source.path}: expected training rows, got none.")
    return Rows(conversations=tuple(conversations), places=tuple(places), plain=tuple(plain), unread=unread, files=files)
