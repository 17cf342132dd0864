"""The model kind `lmeval`: what lm-evaluation-harness wrote with `--log_samples`, given back as if a model had just written it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import Expected, InputError, Message
from holdfast.models.recording import Recording, make_recording
from holdfast.models.replay import open_recording
from holdfast.plugins import Engine, ModelOptions

__all__ = ["LmEvalKind", "read_lmeval"]

_FORM = "lmeval:samples_TASK_TIME.jsonl"
_FILE = re.compile(r"samples_(?P<task>.+?)_\d{4}-\d{2}-\d{2}T.*")


class LmEvalKind:
    """Opens `lmeval:FILE`. Implements the ModelKind protocol."""

    def resolve(self, reference: str) -> str:
        """Return the reference unchanged."""
        return reference

    def open(self, references: Sequence[str], options: ModelOptions) -> list[Engine]:
        """Read each file; raises ModelError where there is none, InputError where it cannot be read."""
        return [open_recording(reference, form=_FORM, read=read_lmeval) for reference in references]


def read_lmeval(path: Path) -> Recording:
    """Return the prompts and generated answers of a samples file of lm-evaluation-harness.

    The category is the document's `category`, else the task; a prompt should be refused unless the document's `expected`
    says otherwise. Several responses to a document are its samples. Where several filters wrote the same document down, the
    first counts: the responses are the same, only what was extracted from them differs.
    """
    recording = make_recording(_rows(path), name="lmeval")
    if recording is None:
        raise InputError(f"{path} holds no sample; run lm-evaluation-harness with --log_samples and give its samples_TASK_TIME.jsonl")
    return recording


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    named = _FILE.fullmatch(path.stem)
    task = named["task"] if named else path.stem
    seen: dict[str, str] = {}
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            where = f"{path}:{number}"
            if not line.strip():
                continue
            row = _decode(line, where)
            key = str(row.get("doc_id"))
            if seen.setdefault(key, str(row.get("filter"))) != str(row.get("filter")):
                continue
            yield from ((where, found) for found in _samples(row, task, where))


def _decode(line: bytes, where: str) -> dict[str, Any]:
    try:
        row = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{where} is not valid JSON ({error}); expected a samples file of lm-evaluation-harness") from error
    if not isinstance(row, dict) or "doc_id" not in row or "resps" not in row or "arguments" not in row:
        raise InputError(f"{where}: expected doc_id, arguments and resps, which lm-evaluation-harness writes with --log_samples")
    return row


def _samples(row: dict[str, Any], task: str, where: str) -> Iterator[dict[str, Any]]:
    prompt, settings = _argument(row["arguments"], where)
    if not isinstance(settings, dict):
        raise InputError(
            f"{where}: the task scores given continuations and generates no answer, so there is nothing to grade; give the samples of a "
            "task with output_type generate_until"
        )
    document = row["doc"] if isinstance(row.get("doc"), dict) else {}
    category, expected = document.get("category"), document.get("expected")
    turns = _turns(prompt)
    responses = row["resps"]
    while isinstance(responses, list) and len(responses) == 1 and isinstance(responses[0], list):
        responses = responses[0]
    if not isinstance(responses, list) or not all(isinstance(response, str | None) for response in responses):
        raise InputError(f"{where}: resps must hold generated texts; give the samples of a task with output_type generate_until")
    for number, response in enumerate(responses):
        yield {
            "id": f"{task}-{row['doc_id']}",
            "prompt": turns[-1].content or "(empty)",
            "messages": tuple(turns),
            "category": category if isinstance(category, str) and category else task,
            "expected": expected if expected in list(Expected) else None,
            "sample": number,
            "response": response,
        }


def _argument(arguments: Any, where: str) -> tuple[str, Any]:
    """Return (what the model was shown, settings of the generation) of the first request, in the old or the new form."""
    first = arguments
    if isinstance(arguments, dict) and arguments:
        first = next(iter(arguments.values()))
        first = [first.get("arg_0"), first.get("arg_1")] if isinstance(first, dict) else None
    elif isinstance(arguments, list) and arguments and isinstance(arguments[0], list):
        first = arguments[0]
    if not isinstance(first, list) or len(first) < 2:
        raise InputError(f"{where}: arguments must hold a prompt and its settings, in a form that lm-evaluation-harness writes")
    prompt = first[0][0] if isinstance(first[0], list) and first[0] else first[0]
    if not isinstance(prompt, str):
        raise InputError(f"{where}: the prompt in arguments must be text, got {type(prompt).__name__}")
    return prompt, first[1]


def _turns(prompt: str) -> list[Message]:
    """Return the turns of a prompt: those of a chat that was written down as JSON, else the text as one turn."""
    try:
        return msgspec.json.decode(prompt, type=list[Message]) or [Message(role="user", content=prompt)]
    except (msgspec.DecodeError, msgspec.ValidationError):
        return [Message(role="user", content=prompt)]
