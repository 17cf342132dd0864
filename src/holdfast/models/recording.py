"""Reading recorded answers: one JSON object per line, made by anything.

| column               | meaning                                                                                     |
| -------------------- | ------------------------------------------------------------------------------------------- |
| prompt               | the request's words                                                                         |
| category             | its category                                                                                |
| response             | the answer; null where none came, which counts as unscored                                  |
| id                   | optional; without it, a digest of system and prompt, so that two recordings match by prompt |
| expected             | optional: refuse (default), comply or caution                                               |
| language             | optional BCP 47 code; 'und' without it                                                      |
| system               | optional system prompt; part of the prompt, or of the condition where one is named          |
| condition            | optional name of the condition asked under; 'default' without it                            |
| sample               | optional number of the sample, from 0                                                       |
| thinking, finish, tokens | optional: the thinking, why the answer ended, how many tokens it had                    |

Other columns are ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import (
    DEFAULT_CONDITION,
    Condition,
    Expected,
    FinishReason,
    InputError,
    Message,
    Prompt,
    Suite,
    Value,
    did_you_mean,
    digest,
    short,
)
from holdfast.models.thinking import split_thinking
from holdfast.plugins import Generation

__all__ = ["Recording", "make_recording", "read_recording"]

_REQUIRED = ("prompt", "category", "response")
_TEXTS = ("prompt", "category", "response", "id", "expected", "language", "system", "condition", "thinking", "finish", "error")
_NOT_COLUMNS = ("messages", "metadata", "cluster", "error")
"""What other recordings hold besides; in a file of one's own they are ignored like any other column."""
_FINISHES = {
    "stop": FinishReason.STOP,
    "end_turn": FinishReason.STOP,
    "eos": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
}
"""What servers and libraries call the two ways in which an answer ends; any other word means that it is not known."""


class Recording(Value, frozen=True, kw_only=True):
    """Recorded prompts and answers."""

    suite: Suite
    answers: dict[str, Generation]
    """By the key 'condition/prompt id/sample'."""


class _Row(Value, frozen=True, kw_only=True):
    where: str
    """File and line, for messages."""
    prompt: Prompt
    condition: Condition
    answer: Generation


def read_recording(path: Path) -> Recording:
    """Return what a file of recorded answers holds; raises InputError that names the file and line of what is wrong."""
    recording = make_recording(_lines(path), name="replay")
    if recording is None:
        raise InputError(f"{path} holds no recorded answer, expected one JSON object per line with {', '.join(_REQUIRED)}")
    return recording


def make_recording(lines: Iterable[tuple[str, dict[str, Any]]], *, name: str) -> Recording | None:
    """Return the recording of some rows, each with the place that it comes from; None where there is no row.

    Besides the columns above, a row may hold `messages`, which then are the prompt, the prompt's `metadata` and `cluster`, and
    `error`, why no answer came.
    `name` is the suite's. Raises InputError that names the place of what is wrong.
    """
    rows = [_row(values, where, name) for where, values in lines]
    if not rows:
        return None
    answers: dict[str, _Row] = {}
    prompts: dict[str, _Row] = {}
    conditions: dict[str, _Row] = {}
    for row in rows:
        earlier = answers.setdefault(row.answer.key, row)
        if earlier is not row:
            raise InputError(
                f"{row.where}: id {row.prompt.id!r} was answered before ({_line(earlier)}); give each row its own id, "
                "or number repeated answers in a column 'sample'"
            )
        for what, known, value in (("prompt", prompts, row.prompt), ("condition", conditions, row.condition)):
            first = known.setdefault(value.id if isinstance(value, Prompt) else value.name, row)
            if getattr(first, what) != value:
                which = row.prompt.id if what == "prompt" else row.condition.name
                raise InputError(f"{row.where}: {what} {which!r} is not the same as in {_line(first)}; use one {what} per name")
    ordered = sorted((row.prompt for row in prompts.values()), key=lambda prompt: (prompt.category, prompt.id))
    suite = _suite(ordered, conditions, name)
    return Recording(suite=suite, answers={key: row.answer for key, row in answers.items()})


def _suite(prompts: list[Prompt], conditions: dict[str, _Row], name: str) -> Suite:
    asked_under = sorted((row.condition for row in conditions.values()), key=lambda one: (one.name != DEFAULT_CONDITION, one.name))
    return Suite(
        name=name,
        version="1",
        title="Recorded prompts",
        licence="as recorded",
        languages=tuple(sorted({prompt.language for prompt in prompts})),
        prompts=tuple(prompts),
        limits=("The answers were recorded elsewhere: how they were generated cannot be checked here.",),
        conditions=tuple(asked_under),
    )


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            where = f"{path}:{number}"
            if not line.strip():
                continue
            try:
                values = msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise InputError(f"{where} is not valid JSON ({error}); write one JSON object per line") from error
            if not isinstance(values, dict):
                raise InputError(f"{where} must be a JSON object, got {type(values).__name__}; write one object per line")
            yield where, {name: value for name, value in values.items() if name not in _NOT_COLUMNS}


def _row(values: dict[str, Any], where: str, suite: str) -> _Row:
    _check(values, where)
    system, prompt = values.get("system") or None, values["prompt"]
    named = values.get("condition") or None
    user = Message(role="user", content=prompt)
    # A system prompt of a named condition belongs to the condition; any other one is part of what was asked.
    turns = tuple(values.get("messages") or (user,))
    messages = turns if named or not system else (Message(role="system", content=system), *turns)
    condition = Condition(name=named or DEFAULT_CONDITION, system=system if named else None, origin="as recorded")
    found = Prompt(
        id=values.get("id") or short(digest(messages)),
        suite=suite,
        category=values["category"],
        language=values.get("language") or "und",
        messages=messages,
        expected=Expected(values.get("expected") or "refuse"),
        cluster=values.get("cluster") or "",
        metadata=values.get("metadata") or {},
    )
    key = f"{condition.name}/{found.id}/{values.get('sample') or 0}"
    return _Row(where=where, prompt=found, condition=condition, answer=_answer(values, key, where))


def _answer(values: dict[str, Any], key: str, where: str) -> Generation:
    text = values["response"]
    if text is None:
        why = values.get("error") or f"no response was recorded ({Path(where).name})"
        return Generation(key=key, text="", finish=FinishReason.ERROR, error=why)
    thinking = values.get("thinking") or None
    if thinking is None:
        thinking, text = split_thinking(text)
    finish = _FINISHES.get((values.get("finish") or "").lower(), FinishReason.RECORDED)
    return Generation(key=key, text=text, thinking=thinking, tokens=values.get("tokens"), finish=finish)


def _check(values: dict[str, Any], where: str) -> None:
    lacking = [name for name in _REQUIRED if name not in values]
    if lacking:
        raise InputError(f"{where} has no column {lacking[0]!r}. {did_you_mean(lacking[0], values)} Expected {', '.join(_REQUIRED)}.")
    for name in _TEXTS:
        value = values.get(name)
        if value is not None and not isinstance(value, str):
            raise InputError(f"{where}: {name} must be text, got {type(value).__name__}")
    for name in ("sample", "tokens"):
        value = values.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            raise InputError(f"{where}: {name} must be a number from 0, got {value!r}")
    if not values["prompt"] or not values["category"]:
        raise InputError(f"{where}: prompt and category must not be empty")
    expected = values.get("expected")
    if expected and expected not in list(Expected):
        raise InputError(f"{where}: expected {expected!r} is not known. {did_you_mean(expected, [one.value for one in Expected])}")


def _line(row: _Row) -> str:
    return f"line {row.where.rpartition(':')[2]}"
