"""Lists of messages, however their keys are called: read as turns, and written back with everything else as it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from holdfast.core import Message
from holdfast.records.formats.format import Roles, Row, RowError
from holdfast.records.formats.roles import CALLS, role_named
from holdfast.records.formats.texts import changed, json_text, parts_text, split_like, with_parts_text

__all__ = ["as_messages", "message_text", "read_messages", "write_messages"]

_ROLE_KEYS = ("role", "from", "speaker")
_CONTENT_KEYS = ("content", "value", "text")
_THOUGHT_KEYS = ("reasoning_content", "reasoning", "thinking")
_CALL_KEYS = ("tool_calls", "function_call")

_PART_KEYS = ("text", "value")

_NATIVE = {"from": {"user": "human", "assistant": "gpt", "tool": "observation", "system": "system"}}


def as_messages(value: Any, column: str) -> list[Any]:
    """Return the list of messages that a column holds: a list, one message, lists by key, or any of these as JSON text."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise RowError(
                f"{column} must be a list of turns, got text that is no JSON (for turns marked in one text, map text={column})"
            ) from error
    if isinstance(value, dict):
        if all(isinstance(part, list) for part in value.values()) and len({len(part) for part in value.values()}) == 1:
            return [dict(zip(value, turn, strict=True)) for turn in zip(*value.values(), strict=True)]
        return [value]
    if isinstance(value, list):
        return value
    raise RowError(f"{column} must be a list of turns, got {'null' if value is None else type(value).__name__}")


def read_messages(value: Any, column: str, roles: Roles) -> tuple[list[str], list[str]]:
    """Return the roles and the contents of a list of messages; the tolerant way, for rows that the fast path does not take."""
    names: list[str] = []
    contents: list[str] = []
    for number, message in enumerate(as_messages(value, column)):
        if not isinstance(message, dict):
            raise RowError(f"{column}[{number}] must be an object with a role and a content, got {type(message).__name__}")
        try:
            names.append(role_named(_first(message, _ROLE_KEYS), roles))
            contents.append(message_text(message))
        except RowError as error:
            raise RowError(f"{column}[{number}]: {error}") from None
    return names, contents


def message_text(message: Row) -> str:
    """Return all that a message says: its reasoning, its content, then its tool calls as JSON, joined by a line break."""
    return "\n".join(text for _, text in _segments(message))


def _segments(message: Row) -> list[tuple[str, str]]:
    found = [(key, json_text(message[key])) for key in _THOUGHT_KEYS if message.get(key)]
    key = next((key for key in _CONTENT_KEYS if key in message), None)
    if key is not None and message[key] is not None:
        content = message[key]
        text = parts_text(content) if isinstance(content, list) else json_text(content)
        found.append((key, text))
    found += [(key, json_text(message[key])) for key in _CALL_KEYS if message.get(key)]
    if not found and key is None:
        raise RowError(f"a turn has no content; its keys are {', '.join(sorted(map(str, message))[:6]) or 'none'}")
    return found


def _first(message: Row, keys: Sequence[str]) -> Any:
    return next((message[key] for key in keys if key in message), None)


def write_messages(old: Any, messages: Sequence[Message], roles: Roles, column: str, like: Any = None) -> Any:
    """Return `old`, a value that `as_messages` reads, with new messages in it; each keeps its keys where the roles are the same.

    Without `old`, messages in the style of `like`, or as role and content.
    """
    if old is None:
        style = as_messages(like, column) if like is not None else []
        return [_new_message(message, style, roles) for message in messages]
    turns = as_messages(old, column)
    if [role_named(_first(turn, _ROLE_KEYS), roles) for turn in turns] == [message.role for message in messages]:
        new = [_with_content(turn, message.content) for turn, message in zip(turns, messages, strict=True)]
    else:
        new = [_new_message(message, turns, roles) for message in messages]
    return _shaped_like(old, new)


def _shaped_like(old: Any, turns: list[Row]) -> Any:
    if isinstance(old, str):
        return json_text(turns)
    if isinstance(old, dict):
        if ("role" in old and isinstance(old["role"], str)) or ("from" in old and isinstance(old["from"], str)):
            if len(turns) != 1:
                raise RowError(f"the row holds one turn here, and {len(turns)} were given")
            return turns[0]
        return {key: [turn.get(key) for turn in turns] for key in old}
    return turns


def _with_content(message: Row, text: str) -> Row:
    segments = _segments(message)
    if "\n".join(part for _, part in segments) == text:
        return message
    if not segments:
        key = next(key for key in _CONTENT_KEYS if key in message)
        return {**message, key: text}
    new = dict(message)
    for (key, was), now in zip(segments, split_like(text, [part for _, part in segments], "\n"), strict=True):
        if now != was:
            old = message[key]
            new[key] = with_parts_text(old, now) if isinstance(old, list) and key in _CONTENT_KEYS else changed(old, now)
    return new


def _new_message(message: Message, style: Sequence[Row], roles: Roles) -> Row:
    model = style[0] if style else {"role": "", "content": ""}
    role_key = next((key for key in _ROLE_KEYS if key in model), "role")
    content_key = next((key for key in _CONTENT_KEYS if key in model), "content")
    names = [_first(turn, _ROLE_KEYS) for turn in reversed(style)]
    native = {role_named(name, roles): name for name in names if name not in CALLS}
    name = native.get(message.role) or _NATIVE.get(role_key, {}).get(message.role, message.role)
    content: Any = message.content
    example = model.get(content_key)
    if isinstance(example, list):
        key = next((key for key in _PART_KEYS if example and isinstance(example[0], dict) and key in example[0]), "text")
        content = [{"type": "text", key: message.content}]
    return {role_key: name, content_key: content}
