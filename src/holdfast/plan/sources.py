"""Where training data comes from, ranked by how hard a change of it is to see: what to defend first."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from holdfast.core import InputError, Value
from holdfast.plan.reading import parsed, shipped, text_of

__all__ = ["HIGH_FROM", "PRIORITY", "DataSource", "Ranked", "SourceBook", "rank", "read_sources", "sources"]

Detection = Literal["very hard", "hard", "medium", "easy", "unknown"]
PRIORITY: dict[str, int] = {"very hard": 4, "hard": 3, "medium": 2, "easy": 1, "unknown": 2}
HIGH_FROM = 3
"""Priority from which a source is one to defend first."""


class DataSource(Value, frozen=True, kw_only=True):
    """A source of training data, and what somebody who wants to change it can do."""

    name: str
    scale: str = "not given"
    access: tuple[str, ...] = ()
    """How an attacker gets text into it."""
    persistence: str = "not given"
    """How long such text stays."""
    detection: Detection = "unknown"
    """How hard it is to see."""
    reasons: tuple[str, ...] = ()
    """Why it is as hard, or as easy, to see."""
    examples: tuple[str, ...] = ()


class SourceBook(Value, frozen=True, kw_only=True):
    """What a file of sources holds; a user's own needs `sources` alone."""

    title: str = "Sources of training data"
    source: str = ""
    sources: tuple[DataSource, ...]


class Ranked(Value, frozen=True, kw_only=True):
    """A source with its place in the list."""

    source: DataSource
    priority: int
    """4 (very hard to detect) to 1 (easy); 2 where it is not known."""
    high: bool
    """Priority 3 and above: defend first."""


@cache
def sources() -> SourceBook:
    """Return the sources that ship: the article's five."""
    return shipped("sources", SourceBook)


def read_sources(path: Path) -> SourceBook:
    """Return a user's sources; raises InputError, one sentence, where the file is not right, is empty or names a source twice."""
    book = parsed(text_of(path), SourceBook, where=str(path))
    names = [one.name for one in book.sources]
    if not names:
        raise InputError(f"{path}: expected at least one entry under sources, got none.")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{path}: source {twice!r} stands there twice. Give every source a name of its own.")
    return book


def rank(given: tuple[DataSource, ...]) -> tuple[Ranked, ...]:
    """Return sources by priority, highest first, ties in the given order."""
    made = [Ranked(source=one, priority=PRIORITY[one.detection], high=PRIORITY[one.detection] >= HIGH_FROM) for one in given]
    return tuple(sorted(made, key=lambda one: -one.priority))
