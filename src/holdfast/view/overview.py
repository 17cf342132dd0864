"""The overview: which runs are asked for, in which order, and which page of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from holdfast.core import Decision
from holdfast.report.hostile import line, visible
from holdfast.report.wording import points
from holdfast.view.sources import RunRow

__all__ = ["PAGE_SIZE", "Choice", "Line", "Overview", "build_overview", "whole_number"]

PAGE_SIZE = 25
_NEVER = "none"
_ALL = "all"
_GRAVEST = {Decision.FAIL: 0, Decision.UNDECIDED: 1, Decision.PASS: 2, None: 3}
_SORTS: dict[str, tuple[str, Callable[[RunRow], Any]]] = {
    "when": ("Newest first", lambda row: -row.when.timestamp()),
    "decision": ("Gravest verdict first", lambda row: _GRAVEST[row.decision]),
    "drop": ("Largest drop first", lambda row: float("inf") if row.drop is None else -row.drop),
    "tuned": ("Tuned model, A to Z", lambda row: row.tuned.casefold()),
    "stage": ("Stage, A to Z", lambda row: row.stage),
}
"""Ties stay in the order of time, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One run, ready to print."""

    address: str
    name: str
    stage: str
    base: str
    tuned: str
    word: str
    accent: str
    policy: str
    drop: str
    when: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option of a select box."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """One page of the list."""

    lines: tuple[Line, ...]
    total: int
    matching: int
    first: int
    last: int
    page: int
    pages: int
    before: str | None
    after: str | None
    counts: tuple[tuple[str, str, int, str], ...]
    """Per verdict: word, accent, how many of the runs that match otherwise, and the address that shows only those."""
    stages: tuple[Choice, ...]
    decisions: tuple[Choice, ...]
    sorts: tuple[Choice, ...]
    model: str
    text: str
    filtered: bool
    parts: bool
    """Whether steps of pipelines and trials of searches are listed beside whole runs."""
    hidden: int
    """How many of these match and are not listed."""
    other: str
    """The address of the same list with them, or without."""


def build_overview(rows: Sequence[RunRow], query: Mapping[str, str]) -> Overview:
    """Return the page that a query asks for. A value that means nothing is taken as not given: the address is anybody's."""
    stage, decision = line(query.get("stage", "")), query.get("decision", "")
    model, text = query.get("model", "").strip(), query.get("q", "").strip()
    sort = query.get("sort", "") if query.get("sort") in _SORTS else "when"
    parts = query.get("parts") == _ALL
    matching = [row for row in rows if _matches(row, stage, model.casefold(), text.casefold())]
    alike = [row for row in matching if parts or not row.part_of]
    chosen = [row for row in alike if not decision or _word(row) == decision]
    chosen.sort(key=_SORTS[sort][1])
    pages = max(1, -(-len(chosen) // PAGE_SIZE))
    page = min(max(1, whole_number(query.get("page", ""))), pages)
    shown = chosen[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    kept = {"stage": stage, "decision": decision, "model": model, "q": text, "sort": sort if sort != "when" else ""}
    kept["parts"] = _ALL if parts else ""
    return Overview(
        lines=tuple(map(_line, shown)),
        total=sum(parts or not row.part_of for row in rows),
        matching=len(chosen),
        first=(page - 1) * PAGE_SIZE + 1 if shown else 0,
        last=(page - 1) * PAGE_SIZE + len(shown),
        page=page,
        pages=pages,
        before=_address(kept, page=page - 1) if page > 1 else None,
        after=_address(kept, page=page + 1) if page < pages else None,
        counts=tuple(_count(alike, word, kept) for word in ("fail", "undecided", "pass", _NEVER)),
        stages=(
            Choice(value="", text="Any", chosen=not stage),
            *(Choice(value=name, text=name, chosen=name == stage) for name in sorted({line(row.stage) for row in rows} | {stage} - {""})),
        ),
        decisions=tuple(
            Choice(value=value, text=words, chosen=value == decision)
            for value, words in (("", "Any"), ("fail", "FAIL"), ("undecided", "UNDECIDED"), ("pass", "PASS"), (_NEVER, "Not judged"))
        ),
        sorts=tuple(Choice(value=name, text=words, chosen=name == sort) for name, (words, _) in _SORTS.items()),
        model=visible(model),
        text=visible(text),
        filtered=any((stage, decision, model, text)),
        parts=parts,
        hidden=sum((not decision or _word(row) == decision) for row in matching) - len(chosen),
        other=_address({**kept, "parts": "" if parts else _ALL}),
    )


def _matches(row: RunRow, stage: str, model: str, text: str) -> bool:
    if stage and line(row.stage) != stage:
        return False
    if model and not any(model in name.casefold() for name in (row.base, row.tuned)):
        return False
    return not text or any(
        text in one.casefold() for one in (row.name, str(row.folder), row.command, row.base, row.tuned, row.policy or "")
    )


def _word(row: RunRow) -> str:
    return row.decision.value if row.decision is not None else _NEVER


def _count(rows: Sequence[RunRow], word: str, kept: Mapping[str, str]) -> tuple[str, str, int, str]:
    shown = "Not judged" if word == _NEVER else word.upper()
    return shown, word, sum(_word(row) == word for row in rows), _address({**kept, "decision": word})


def _address(kept: Mapping[str, str], *, page: int = 1) -> str:
    asked = {name: value for name, value in kept.items() if value} | ({"page": str(page)} if page > 1 else {})
    return f"/?{urlencode(asked, errors='replace')}" if asked else "/"


def whole_number(text: str) -> int:
    """Return a page number as it was given; 1 for anything that is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def _line(row: RunRow) -> Line:
    return Line(
        address=f"/runs/{row.key}",
        name=line(row.name, limit=80) or "(no name)",
        stage=line(row.stage, limit=40),
        base=line(row.base, limit=120),
        tuned=line(row.tuned, limit=120),
        word="not judged" if row.decision is None else row.decision.value.upper(),
        accent=_word(row),
        policy=line(row.policy or "", limit=60),
        drop="" if row.drop is None else points(row.drop),
        when=row.when.strftime("%Y-%m-%d %H:%M"),
        note=", ".join(_notes(row)),
    )


def _notes(row: RunRow) -> Iterator[str]:
    if row.part_of:
        yield f"part of {line(row.part_of, limit=80)}"
    if not row.recorded:
        yield "not in the history"
