"""The training rows that are tested, chosen by the seed; canaries are left out, they have measures of their own."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection
from typing import Any, NamedTuple

from holdfast.core import InputError, Message
from holdfast.records import Dataset

__all__ = ["DataRow", "TrainingRows", "chosen_rows", "every_row"]

_NAMED = 3


class DataRow(NamedTuple):
    """One row as a prompt and what follows it."""

    number: int
    place: str
    """'FILE:LINE'."""
    before: tuple[Message, ...]
    """The turns before the answer; in plain text the first word."""
    answer: str
    plain: bool
    """True for plain text, which has no chat template."""
    after: tuple[Message, ...] = ()
    """Turns after the last answer; nothing predicts them, and they may hold personal data."""

    @property
    def text(self) -> str:
        """All words, to tell rows apart."""
        return "\n".join([*(message.content for message in self.before), self.answer, *(message.content for message in self.after)])


class TrainingRows(NamedTuple):
    """What was read of a data set, and what was not."""

    rows: list[DataRow]
    """Rows with something to predict, each text once, canaries left out."""
    unanswered: list[DataRow]
    """Rows with nothing to predict, such as a request without an answer: their answer is empty."""
    read: int
    """Rows read, repeats and canaries with them."""
    unread: dict[str, int]
    """Column that holds text and was not read to the number of such rows, most first."""
    unread_rows: int
    """Rows with text in any such column."""
    notes: tuple[str, ...] = ()
    """What was not read, one sentence each."""

    @property
    def nothing_to_predict(self) -> str:
        """Say why there is no row to test; '' where there is one."""
        if self.rows:
            return ""
        if not self.unanswered:
            return "every row of the data is a planted canary"
        return (
            f"none of {self.read:,} rows has an answer, or text that goes on after its first word, so there is nothing that a model "
            "could give back; give the rows as they were trained on, with --map request=COLUMN and --map answer=COLUMN where columns "
            "have other names"
        )


def every_row(dataset: Dataset, where: str, *, what: str = "training rows", without: Collection[str] = ()) -> TrainingRows:
    """Read every row, each text once, without those whose answer is in `without`; `where` and `what` name the data set.

    Raises InputError for a data set without rows.
    """
    found: dict[str, DataRow] = {}
    unanswered: dict[str, DataRow] = {}
    unread = Counter[str]()
    read = unread_rows = 0
    for batch in dataset.batches():
        for row in batch.select(["row", "source", "line", "turns", "unread"]).to_pylist():
            read += 1
            unread_rows += bool(row["unread"])
            unread.update(row["unread"] or ())
            tested = _tested(row)
            kept = tested or _untested(row)
            if kept.answer not in without and not (row["turns"] and row["turns"][-1]["content"] in without):
                (unanswered if tested is None else found).setdefault(kept.text, kept)
    if not read:
        raise InputError(
            f"{where}: expected {what}, and there is none in it. Look for a file that was not written to its end, or name another."
        )
    columns = dict(sorted(unread.items(), key=lambda item: (-item[1], item[0])))
    notes = _notes(dataset, what.capitalize(), read, columns)
    return TrainingRows(list(found.values()), list(unanswered.values()), read, columns, unread_rows, notes)


def _notes(dataset: Dataset, what: str, read: int, unread: dict[str, int]) -> tuple[str, ...]:
    notes = []
    bad = dataset.bad_rows
    if bad:
        named = "; ".join(f"{one.source}:{one.line}: {one.reason}" for one in bad[:_NAMED])
        many = "1 row" if len(bad) == 1 else f"{len(bad):,} rows"
        notes.append(f"{what}: {many} of {read + len(bad):,} could not be read, and nothing in them was looked at. The first: {named}.")
    if unread:
        columns = ", ".join(f"{name!r} ({count:,} rows)" for name, count in list(unread.items())[:_NAMED])
        more = f" and {len(unread) - _NAMED} more" if len(unread) > _NAMED else ""
        notes.append(f"{what}: columns that hold text were not read: {columns}{more}. Nothing in them was looked at.")
    return tuple(notes)


def chosen_rows(rows: list[DataRow], count: int, seed: int, what: str) -> list[DataRow]:
    """Return at most `count` rows in the order of the file, drawn by seed and purpose."""
    if len(rows) <= count:
        return rows
    places = random.Random(f"{seed}/{what}").sample(range(len(rows)), count)
    return [rows[place] for place in sorted(places)]


def _tested(row: dict[str, Any]) -> DataRow | None:
    turns = [turn for turn in row["turns"] if turn["content"]]
    place = f"{row['source']}:{row['line']}"
    if len(turns) == 1 and turns[0]["role"] == "assistant":
        text = turns[0]["content"]
        first = len(text) - len(text.lstrip()) + len(text.split(maxsplit=1)[0]) if text.split() else 0
        if not first or first == len(text):
            return None
        return DataRow(row["row"], place, (Message(role="user", content=text[:first]),), text[first:], True)
    last = next((index for index in reversed(range(len(turns))) if turns[index]["role"] == "assistant"), None)
    if last is None or last == 0:
        return None
    return DataRow(row["row"], place, _messages(turns[:last]), turns[last]["content"], False, _messages(turns[last + 1 :]))


def _untested(row: dict[str, Any]) -> DataRow:
    turns = [turn for turn in row["turns"] if turn["content"]]
    return DataRow(row["row"], f"{row['source']}:{row['line']}", _messages(turns), "", False)


def _messages(turns: list[dict[str, Any]]) -> tuple[Message, ...]:
    return tuple(Message(role=turn["role"], content=turn["content"]) for turn in turns)
