"""The training rows that are tested, chosen by the seed; canaries are left out, they have measures of their own."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from holdfast.core import Message
from holdfast.records import Dataset

__all__ = ["DataRow", "chosen_rows", "every_row"]


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

    @property
    def text(self) -> str:
        """All words, to tell rows apart."""
        return "\n".join([*(message.content for message in self.before), self.answer])


def every_row(dataset: Dataset, *, without: Collection[str] = ()) -> list[DataRow]:
    """Return every row with something to predict, each text once, without those whose answer is in `without`."""
    found: dict[str, DataRow] = {}
    for batch in dataset.batches():
        for row in batch.select(["row", "source", "line", "turns"]).to_pylist():
            tested = _tested(row)
            if tested is not None and tested.answer not in without and row["turns"][-1]["content"] not in without:
                found.setdefault(tested.text, tested)
    return list(found.values())


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
    before = tuple(Message(role=turn["role"], content=turn["content"]) for turn in turns[:last])
    return DataRow(row["row"], place, before, turns[last]["content"], False)


Progress = Callable[[str, int, int], None]
