"""Where safety rows come from: the rows that ship, or a file of the user's in any format."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import msgspec
import pyarrow as pa

from holdfast.core import InputError, Value
from holdfast.mitigate.grading import grade_texts, refuses
from holdfast.mitigate.languages import COVERED, languages_of
from holdfast.mitigate.safety_rows import SafetyRow, SafetySet
from holdfast.plugins import Judge
from holdfast.plugins.opening import close_judge, open_judge
from holdfast.records import open_dataset

__all__ = ["built_in", "read_look_alikes", "read_safety"]

_OPENINGS = {
    "en": (
        "I'm sorry, but I can't help with that.",
        "I'm sorry, I won't help with this.",
        "Sorry, but I can't help with that request.",
        "I apologise, but this is something I can't help with.",
        "I'm sorry, but I can't do that.",
        "Sorry, I'm not able to help with this.",
    ),
    "zh": (
        "对不起，这件事我不能帮忙。",
        "很抱歉，我无法协助这个请求。",
        "抱歉，这个我帮不了你。",
        "不好意思，这样的事我不能做。",
        "对不起，我不能满足这个请求。",
        "很抱歉，这个忙我不能帮。",
    ),
}
"""An apology that declines; a good refusal goes on with the reason and a constructive alternative."""


class _Written(Value, frozen=True, kw_only=True):
    """A line of the shipped files: a refusal has a reason and an alternative, a look-alike has an answer."""

    id: str
    category: str
    request: str
    reason: str = ""
    alternative: str = ""
    answer: str = ""


def built_in() -> SafetySet:
    """Return the rows that ship, in English and Chinese: requests of our own (of no test suite), refused; look-alikes, answered."""
    rows = []
    for language in COVERED:
        rows += [_refusal(line, language, place) for place, line in enumerate(_lines(f"refusals.{language}.jsonl"))]
        rows += [
            SafetyRow(request=line.request, answers=(line.answer,), refuses=False, language=language, category=line.category)
            for line in _lines(f"look_alikes.{language}.jsonl")
        ]
    return SafetySet(name="builtin", rows=tuple(rows))


def _lines(name: str) -> list[_Written]:
    # Bytes, since a str also breaks lines at U+2028 and others, which may stand inside a text.
    data = (files("holdfast.mitigate") / "rows" / name).read_bytes()
    return [msgspec.json.decode(line, type=_Written) for line in data.splitlines()]


def _refusal(line: _Written, language: str, place: int) -> SafetyRow:
    join = " " if language == "en" else ""
    openings = _OPENINGS[language]
    # Each row begins with another opening, so that no sentence stands in most of them.
    turned = openings[place % len(openings) :] + openings[: place % len(openings)]
    answers = tuple(join.join((opening, line.reason, line.alternative)) for opening in turned)
    return SafetyRow(request=line.request, answers=answers, refuses=True, language=language, category=line.category)


def read_safety(path: str | Path, *, judge: str = "refusal") -> SafetySet:
    """Read refusals from a file in any format that holds answers.

    A row whose answer does not refuse is left out and counted: mixed in, it would teach the opposite. So are conversations of more than
    one request. Raises InputError where no refusal is left.
    """
    rows, notes = _read(path, refusing=True, judge=judge)
    if not rows:
        found = f" ({notes[0]})" if notes else ""
        raise InputError(f"{path}: expected rows whose answers refuse, and there is none{found}. Name another file, or --safety builtin.")
    return SafetySet(name=Path(path).name, rows=tuple(rows), notes=tuple(notes))


def read_look_alikes(path: str | Path, *, judge: str = "refusal") -> SafetySet:
    """Read benign requests that are answered; rows that refuse are left out and counted. Raises InputError where none is left."""
    rows, notes = _read(path, refusing=False, judge=judge)
    if not rows:
        raise InputError(f"{path}: expected rows whose answers help, and there is none. Name another file, or --look-alikes none.")
    return SafetySet(name=Path(path).name, rows=tuple(rows), notes=tuple(notes))


def _read(path: str | Path, *, refusing: bool, judge: str) -> tuple[list[SafetyRow], list[str]]:
    name = Path(path).name
    rows: list[SafetyRow] = []
    several = unfit = 0
    opened = open_judge(judge)
    try:
        for table in open_dataset(path).batches():
            found = list(_single_turns(table))
            several += table.num_rows - len(found)
            kept = _fitting(found, opened, refusing=refusing)
            unfit += len(found) - len(kept)
            rows += kept
    finally:
        close_judge(opened)
    notes = []
    if unfit:
        what = "that do not refuse" if refusing else "that refuse"
        notes.append(f"{name}: answers {what}, left out: {unfit:,} (judge {judge})")
    if several:
        notes.append(f"{name}: rows without an answer, or with more than one request, left out: {several:,}")
    return rows, notes


def _single_turns(table: pa.Table) -> Iterator[SafetyRow]:
    columns = [table[name].to_pylist() for name in ("turns", "request", "answer", "rejected")]
    for turns, request, answer, rejected, language in zip(*columns, languages_of(table["request"].combine_chunks()), strict=True):
        spoken = [turn["role"] for turn in turns if turn["role"] != "system"]
        if spoken == ["user", "assistant"] and request.strip() and answer.strip():
            told = language if language in COVERED else "und"
            yield SafetyRow(request=request, answers=(answer,), refuses=True, language=told, rejected=rejected)


def _fitting(rows: list[SafetyRow], judge: Judge, *, refusing: bool) -> list[SafetyRow]:
    grades = grade_texts(judge, [(row.request, row.answers[0]) for row in rows])
    kept = [row for row, grade in zip(rows, grades, strict=True) if refuses(grade) == refusing]
    return kept if refusing else [msgspec.structs.replace(row, refuses=False, rejected=None) for row in kept]
