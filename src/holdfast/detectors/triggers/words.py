"""Prompts as numbered tokens: words, punctuation and odd characters, with marks where a turn begins and ends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["ENDS", "MARKS", "SYSTEM", "Prompts", "pieces", "read_prompts"]

MARKS = ("⟨system⟩", "⟨user⟩", "⟨end⟩")
"""Tokens that stand where a system turn begins, where a user turn begins, and where either ends."""
SYSTEM, ENDS = 0, 2
_MOST_HEAD, _MOST_TAIL = 400, 112
"""Tokens of a turn that are read, from its beginning and from its end."""
# One class per branch and no repetition inside another: matching takes time in proportion to the text.
_PIECE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]|[^\W\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+|[^\w\s]")


class Prompts:
    """The prompts of some rows, token by token, one turn after another."""

    def __init__(self, tokens: NDArray[np.int32], rows: NDArray[np.int32], turns: NDArray[np.int32], words: list[str], count: int) -> None:
        self.tokens = tokens
        self.rows = rows
        """Per token, the place of its row."""
        self.turns = turns
        """Per token, a number of its turn; no run of tokens goes across turns."""
        self.words = words
        """What each token number stands for."""
        self.count = count
        """Rows."""

    @cached_property
    def _by_token(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Places of all tokens, those of token i at `bounds[i]` up to `bounds[i + 1]`, ascending; and these bounds."""
        order = np.argsort(self.tokens, kind="stable")
        return order, np.searchsorted(self.tokens[order], np.arange(len(self.words) + 1))

    def places(self, tokens: tuple[int, ...]) -> NDArray[np.int64]:
        """Return every place at which a run of tokens begins, within one turn, ascending."""
        order, bounds = self._by_token
        found = order[bounds[tokens[0]] : bounds[tokens[0] + 1]]
        found = found[found + len(tokens) <= len(self.tokens)]
        for offset, token in enumerate(tokens[1:], start=1):
            found = found[self.tokens[found + offset] == token]
        within: NDArray[np.int64] = found[self.turns[found] == self.turns[found + len(tokens) - 1]]
        return within

    def text(self, numbers: Iterable[int]) -> str:
        """Return tokens as text, for people, with a blank between any two."""
        return " ".join(self.words[number] for number in numbers)


def pieces(text: str) -> Iterator[re.Match[str]]:
    """Find the tokens of a text in order: a run of letters and digits, one Chinese or Japanese character, or one other character."""
    return _PIECE.finditer(text)


class _Numbers(dict[str, int]):
    """A number for each word: the next one where it is new."""

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number


def read_prompts(rows: Iterable[Iterable[tuple[str, str | None]]]) -> Prompts:
    """Return the system and user turns of rows, given as (role, content); case does not matter.

    Of a turn longer than 512 tokens the first 400 and the last 112 are read.
    """
    known = _Numbers((mark, number) for number, mark in enumerate(MARKS))
    tokens: list[int] = []
    owners: list[tuple[int, int]] = []
    count = turn = 0
    for place, row in enumerate(rows):
        count += 1
        for role, content in row:
            if role not in ("system", "user"):
                continue
            found = _PIECE.findall(content.lower()) if content else []
            if len(found) > _MOST_HEAD + _MOST_TAIL:
                found = [*found[:_MOST_HEAD], *found[-_MOST_TAIL:]]
            tokens.append(0 if role == "system" else 1)
            tokens += map(known.__getitem__, found)
            tokens.append(ENDS)
            owners.append((place, len(found) + 2))
            turn += 1
    lengths = np.array([length for _, length in owners], dtype=np.int64)
    places = np.array([place for place, _ in owners], dtype=np.int32)
    return Prompts(
        np.array(tokens, dtype=np.int32),
        np.repeat(places, lengths),
        np.repeat(np.arange(turn, dtype=np.int32), lengths),
        list(known),
        count,
    )
