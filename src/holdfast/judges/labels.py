"""Labelled answers: reading what people said of responses, so that a judge can be measured against them.

| file                             | known by its columns                     | labels                                                     |
| -------------------------------- | ---------------------------------------- | ---------------------------------------------------------- |
| XSTest completions (CSV)         | `prompt`, `completion`, `final_label`    | full compliance, full refusal, partial refusal             |
| HarmBench safe responses (CSV)   | `Behavior`, `Safe_Response`              | every row is a refusal                                     |
| OpenAI RBR gold (JSON lines)     | `prompt`, `completion`, `propositions`   | refusal: cannot comply and does not; partial: does both    |
| any other CSV or JSON lines      | `response` and `label`, `prompt` if kept | refusal, partial, answered, harmful, safe                  |

Columns of any kind of file: `category` (XSTest: `type`) for errors per category, `side` ('base' or 'tuned') for errors per side.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

from holdfast.core import Expected, FinishReason, JudgeError, Message, Prompt, Response, Value, did_you_mean
from holdfast.plugins import GradingItem

__all__ = ["LABEL_WORDS", "Label", "LabelSet", "read_labels"]


class Label(StrEnum):
    """What a person said of a response."""

    REFUSAL = "refusal"
    PARTIAL_REFUSAL = "partial_refusal"
    ANSWERED = "answered"
    HARMFUL = "harmful"
    """An answer that does harm."""
    SAFE = "safe"
    """Does no harm: a refusal or a safe answer, the label does not say which."""


LABEL_WORDS: dict[Label, tuple[str, ...]] = {
    Label.REFUSAL: ("refusal", "refused", "refuse", "full_refusal", "refuses"),
    Label.PARTIAL_REFUSAL: ("partial_refusal", "partial", "partly_refused", "partially_refused"),
    Label.ANSWERED: ("answered", "answer", "compliance", "comply", "complied", "compliant", "full_compliance", "no_refusal", "not_refused"),
    Label.HARMFUL: ("harmful", "unsafe", "harm"),
    Label.SAFE: ("safe", "harmless", "safe_answer"),
}
"""How each label may be spelt in a file. Capitals, spaces, hyphens and a leading number ('2_full_refusal') do not matter."""

_SPELLINGS = {word: label for label, words in LABEL_WORDS.items() for word in words}
_RESPONSE = ("response", "completion", "answer", "output", "text")
_PROMPT = ("prompt", "question", "instruction", "request")


class LabelSet(Value, frozen=True, kw_only=True):
    """Responses with one label each, in the order of their file."""

    name: str
    items: tuple[GradingItem, ...]
    labels: tuple[Label, ...]
    sides: tuple[str, ...] = ()
    """'base' or 'tuned' where the file says whose answer it is, '' where it does not; one per item, or none at all."""


class _Row(Value, frozen=True, kw_only=True):
    where: str
    fields: dict[str, Any]


def read_labels(path: Path, *, name: str = "") -> LabelSet:
    """Read a CSV or JSON-lines file of labelled responses; the kind is known by its columns (see the module docstring).

    `name` is how the set is called in a ledger, the file's stem where it is ''. Raises JudgeError, with file and line,
    for a missing or empty file, a broken line, missing columns and an unknown label.
    """
    if not path.is_file():
        raise JudgeError(f"There is no label file at {str(path)!r}. Give a CSV or JSON-lines file with columns prompt, response and label.")
    rows = list(_rows(path))
    if not rows:
        raise JudgeError(f"{path.name} holds no rows. Give a file with columns prompt, response and label.")
    read = _reader(path, set(rows[0].fields))
    pairs = [read(row, index) for index, row in enumerate(rows, 1)]
    return LabelSet(
        name=name or path.stem,
        items=tuple(item for item, _ in pairs),
        labels=tuple(label for _, label in pairs),
        sides=tuple(_side(row) for row in rows),
    )


def _side(row: _Row) -> str:
    side = str(row.fields.get("side") or "").strip().lower()
    if side not in ("", "base", "tuned"):
        raise JudgeError(f"{row.where}: 'side' must be base, tuned or empty, got {row.fields['side']!r}. Fix the line.")
    return side


def _rows(path: Path) -> Iterator[_Row]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise JudgeError(f"{path.name} is not UTF-8 text: {error.reason} at byte {error.start}. Save it as UTF-8.") from error
    return _json_rows(path, text) if path.suffix.lower() in (".jsonl", ".ndjson", ".json") else _csv_rows(path, text)


def _json_rows(path: Path, text: str) -> Iterator[_Row]:
    # Only line feeds end a line: a text may hold other line separators.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path.name}:{number}"
        try:
            fields = json.loads(line)
        except ValueError as error:
            raise JudgeError(f"{where} is not JSON: {error}. Each line must be one JSON object.") from error
        if not isinstance(fields, dict):
            raise JudgeError(f"{where} must be a JSON object with prompt, response and label, got {type(fields).__name__}.")
        yield _Row(where=where, fields=fields)


def _csv_rows(path: Path, text: str) -> Iterator[_Row]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for fields in reader:
            where = f"{path.name}:{reader.line_num}"
            if None in fields or None in fields.values():
                raise JudgeError(f"{where} has another number of fields than the header's {len(reader.fieldnames or ())}. Fix the line.")
            yield _Row(where=where, fields=dict(fields))
    except csv.Error as error:
        raise JudgeError(f"{path.name}:{reader.line_num} is broken CSV: {error}. Fix the row, or give JSON lines.") from error


def _reader(path: Path, columns: set[str]) -> Callable[[_Row, int], tuple[GradingItem, Label]]:
    if {"prompt", "completion", "final_label"} <= columns:
        return lambda row, index: (_item(row, index, "prompt", "completion"), _label(row, "final_label"))
    if {"Behavior", "Safe_Response"} <= columns:
        return lambda row, index: (_item(row, index, "Behavior", "Safe_Response"), Label.REFUSAL)
    if {"prompt", "completion", "propositions"} <= columns:
        return _rbr
    response = next((column for column in _RESPONSE if column in columns), None)
    prompt = next((column for column in _PROMPT if column in columns), None)
    if response is None or "label" not in columns:
        missing = "a column 'response'" if response is None else "a column 'label'"
        raise JudgeError(
            f"{path.name} lacks {missing}; it has {', '.join(map(repr, sorted(columns)))}. Name the columns prompt, response, label."
        )
    return lambda row, index: (_item(row, index, prompt, response), _label(row, "label"))


def _rbr(row: _Row, index: int) -> tuple[GradingItem, Label]:
    """Chats with human booleans (OpenAI, 'Rule Based Rewards', 2024): 'inability_to_comply' and the two kinds of complying."""
    said = row.fields["propositions"]
    turns, completion = row.fields["prompt"], row.fields["completion"]
    try:
        declines = bool(said["inability_to_comply"])
        complies = bool(said["fully_complies"] or said["partially_complies"])
        messages = tuple(Message(role=turn["role"], content=turn["content"]) for turn in turns)
        text = "\n".join(str(turn["content"]) for turn in completion)
    except (KeyError, TypeError) as error:
        raise JudgeError(
            f"{row.where} is not a row of the RBR gold set: {error!s} is missing or of another kind. Take the file as published."
        ) from error
    label = (Label.PARTIAL_REFUSAL if complies else Label.REFUSAL) if declines else Label.ANSWERED
    # Its `category` is a code of its makers' for the kind of refusal wanted, not what the prompt is about.
    return _grading_item(f"{index}", messages, text, {}), label


def _item(row: _Row, index: int, prompt: str | None, response: str) -> GradingItem:
    text, asked = row.fields.get(response), row.fields.get(prompt) if prompt else ""
    for column, value in ((response, text), (prompt, asked)):
        if not isinstance(value, str):
            raise JudgeError(f"{row.where}: {column!r} must be a text, got {type(value).__name__}. Fix the line.")
    messages = (Message(role="user", content=str(asked)),)
    return _grading_item(str(row.fields.get("id") or index), messages, str(text), row.fields)


def _grading_item(identity: str, messages: tuple[Message, ...], text: str, fields: dict[str, Any]) -> GradingItem:
    language, thinking = fields.get("language"), fields.get("thinking")
    prompt = Prompt(
        id=identity,
        suite="labels",
        category=_category(fields),
        language=language if isinstance(language, str) and language else "und",
        messages=messages,
        expected=Expected.CAUTION,
    )
    response = Response(
        side="base",
        model="recorded",
        condition="default",
        prompt_id=identity,
        text=text,
        thinking=thinking if isinstance(thinking, str) else None,
        finish=FinishReason.RECORDED,
    )
    return GradingItem(prompt=prompt, response=response)


def _category(fields: dict[str, Any]) -> str:
    given = fields.get("category") or (fields.get("type") if "final_label" in fields else None)
    return given.strip() if isinstance(given, str) and given.strip() else "all"


def _label(row: _Row, column: str) -> Label:
    given = row.fields.get(column)
    word = str(given).strip().lower().replace("-", "_").replace(" ", "_").lstrip("0123456789_")
    if word not in _SPELLINGS:
        known = did_you_mean(word, _SPELLINGS)
        raise JudgeError(f"{row.where}: {column!r} must be refusal, partial, answered, harmful or safe, got {given!r}. {known}")
    return _SPELLINGS[word]
