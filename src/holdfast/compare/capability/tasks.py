"""Reading tasks with known answers: JSON Lines, a JSON list, or CSV with a header.

| column   | meaning                                                                                          |
| -------- | ------------------------------------------------------------------------------------------------ |
| question | what is asked                                                                                    |
| answer   | the right answer, or a list of right ones                                                        |
| choices  | optional: the answers to choose from, by log-likelihood; a list, or text with ' | ' between them |
| match    | optional: exact, contains or choice; without it choice where there are choices, else exact       |
| id       | optional; without it, a digest of the question                                                   |
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from holdfast.core import InputError, Value, did_you_mean, digest, short

__all__ = ["Match", "Task", "TaskQuestion", "read_task"]

Match = Literal["exact", "contains", "choice"]

_MATCHES = ("exact", "contains", "choice")
_BETWEEN = "|"


class TaskQuestion(Value, frozen=True, kw_only=True):
    """One question with what counts as right."""

    id: str
    question: str
    answers: tuple[str, ...]
    choices: tuple[str, ...] = ()
    match: Match


class Task(Value, frozen=True, kw_only=True):
    """A file of questions, named after it."""

    name: str
    questions: tuple[TaskQuestion, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over every question and answer."""
        return digest(self.questions)


def read_task(path: Path) -> Task:
    """Return the questions of a file; raises InputError with file and row for what cannot be read or asked."""
    questions: list[TaskQuestion] = []
    places: dict[str, str] = {}
    for where, row in _rows(path):
        question = _question(where, row)
        if question.id in places:
            raise InputError(f"{where}: id {question.id!r} was already used at {places[question.id]}; ask each question once.")
        places[question.id] = where
        questions.append(question)
    if not questions:
        raise InputError(f"{path}: expected questions with answers, found none.")
    return Task(name=path.stem, questions=tuple(questions))


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"--capability {path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise InputError(f"--capability {path}: cannot be read ({error}). Give a UTF-8 file of questions and answers.") from error
    suffix = path.suffix.lower()
    try:
        if suffix == ".csv":
            for number, found in enumerate(csv.DictReader(io.StringIO(text, newline=""), strict=True), start=2):
                yield f"{path.name}, row {number}", {name: value for name, value in found.items() if value not in (None, "")}
        elif suffix == ".json":
            for number, item in enumerate(msgspec.json.decode(text, type=list[dict[str, Any]]), start=1):
                yield f"{path.name}, item {number}", item
        elif suffix == ".jsonl":
            for number, line in enumerate(text.split("\n"), start=1):
                if line.strip():
                    yield f"{path.name}:{number}", msgspec.json.decode(line, type=dict[str, Any])
        else:
            raise InputError(f"--capability {path}: expected a file that ends in .jsonl, .json or .csv, got {suffix or 'no ending'!r}.")
    except (msgspec.DecodeError, csv.Error) as error:
        raise InputError(f"--capability {path}: broken ({error}). Write one JSON object per line, or a CSV with a header.") from error


def _question(where: str, row: dict[str, Any]) -> TaskQuestion:
    for name in ("question", "answer"):
        if name not in row:
            near = did_you_mean(name, [str(key) for key in row])
            raise InputError(f"{where}: no column {name!r}; a task needs question and answer. {near}")
    question = row["question"]
    if not isinstance(question, str) or not question.strip():
        raise InputError(f"{where}: the question must be a text that is not empty.")
    answers, choices = _texts(where, "answer", row["answer"], split=False), _texts(where, "choices", row.get("choices", ()), split=True)
    match = row.get("match") or ("choice" if choices else "exact")
    if match not in _MATCHES:
        raise InputError(f"{where}: match must be one of {', '.join(_MATCHES)}, got {match!r}.")
    if not answers or not all(answer.strip() for answer in answers):
        raise InputError(f"{where}: the answer is empty, so nothing could be right.")
    if match == "choice" and (len(choices) < 2 or not set(answers) <= set(choices)):
        raise InputError(f"{where}: a choice needs two choices or more, the answer among them; got {list(choices)} and {list(answers)}.")
    identity = str(row.get("id") or short(digest([question, choices])))
    return TaskQuestion(
        id=identity, question=question, answers=answers, choices=choices if match == "choice" else (), match=cast("Match", match)
    )


def _texts(where: str, name: str, value: Any, *, split: bool) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(_BETWEEN)) if split else (value,)
    if isinstance(value, bool) or value is None:
        raise InputError(f"{where}: {name} must be text or a list of texts, got {value!r}.")
    if isinstance(value, int | float):
        return (str(value),)
    if isinstance(value, list | tuple) and all(isinstance(part, str | int | float) and not isinstance(part, bool) for part in value):
        return tuple(str(part) for part in value)
    raise InputError(f"{where}: {name} must be text or a list of texts, got {type(value).__name__}.")
