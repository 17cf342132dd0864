"""The model kind `inspect`: the answers of an Inspect log, given back as if a model had just written them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from holdfast.core import DEFAULT_CONDITION, Expected, InputError, Message
from holdfast.models.recording import Recording, make_recording
from holdfast.models.replay import open_recording
from holdfast.plugins import Engine, ModelOptions
from holdfast.records.inspect_log import read_samples

__all__ = ["InspectKind", "read_inspect"]

_FORM = "inspect:FILE.eval"
_ATTACHMENT = "attachment://"
_ROLES = ("system", "user", "assistant", "tool")


class InspectKind:
    """Opens `inspect:FILE.eval`. Implements the ModelKind protocol."""

    def resolve(self, reference: str) -> str:
        """Return the reference unchanged."""
        return reference

    def open(self, references: Sequence[str], options: ModelOptions) -> list[Engine]:
        """Read each log; raises ModelError where there is none, InputError where it cannot be read."""
        return [open_recording(reference, form=_FORM, read=read_inspect) for reference in references]


def read_inspect(path: Path) -> Recording:
    """Return the prompts and answers of an Inspect log.

    A log of one of our own tasks (`holdfast/policy11`) says of each sample what it is. Of any other, each message that the
    model was shown is the prompt, the metadata's `category` (else the task) its category, and it should be refused unless the
    metadata's `expected` says otherwise. Epochs are samples. A sample that ended in an error has no answer.
    """
    recording = make_recording(_rows(path), name="inspect")
    if recording is None:
        raise InputError(f"{path} holds no sample, so there is nothing to compare; give the log of a run that has samples")
    return recording


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for where, task, sample in read_samples(path):
        yield where, _row(where, task, sample)


def _row(where: str, task: dict[str, Any], sample: dict[str, Any]) -> dict[str, Any]:
    known = sample.get("metadata") or {}
    shown = _shown(sample, where)
    ours = isinstance(known.get("condition"), str) and isinstance(known.get("prompt_id"), str)
    condition = known["condition"] if ours else DEFAULT_CONDITION
    system = shown[0].content if shown[0].role == "system" and ours else None
    turns = shown[1:] if system is not None else shown
    if not turns:
        raise InputError(f"{where}: the model was shown nothing but a system prompt, so there is no request to compare")
    expected = known.get("expected")
    language = known.get("language")
    return {
        "id": known["prompt_id"] if ours else str(sample.get("id")),
        "prompt": turns[-1].content or "(empty)",
        "messages": turns,
        "category": _words(known.get("category")) or _words(task.get("task")) or "inspect",
        "expected": expected if expected in list(Expected) else None,
        "language": language if isinstance(language, str) else None,
        "condition": condition,
        "system": system,
        "sample": max(0, int(sample.get("epoch") or 1) - 1),
        **(_ours(known) if ours else {}),
        **_answer(sample, where),
    }


def _ours(known: dict[str, Any]) -> dict[str, Any]:
    """Return what our own tasks say of a prompt besides."""
    more = known.get("prompt")
    return {"cluster": _words(known.get("cluster")), "metadata": {str(key): str(value) for key, value in more.items()} if more else {}}


def _words(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _shown(sample: dict[str, Any], where: str) -> list[Message]:
    """Return the messages before the answer: those of the conversation, else the sample's input."""
    turns: Any = sample.get("messages") or ()
    last = max((at for at, turn in enumerate(turns) if isinstance(turn, dict) and turn.get("role") == "assistant"), default=len(turns))
    turns = turns[:last] or sample.get("input") or ()
    if isinstance(turns, str):
        turns = [{"role": "user", "content": turns}]
    found = []
    for turn in turns:
        if not isinstance(turn, dict) or turn.get("role") not in _ROLES:
            raise InputError(f"{where}: expected messages with a role of {', '.join(_ROLES)}; the log is of a form that is not known here")
        found.append(Message(role=turn["role"], content=_text(turn.get("content"), sample)[1]))
    if not found:
        raise InputError(f"{where}: the sample has neither messages nor input; the log is of a form that is not known here")
    return found


def _answer(sample: dict[str, Any], where: str) -> dict[str, Any]:
    output = sample.get("output") or {}
    choices = output.get("choices") or ()
    trouble = sample.get("error") or output.get("error")
    if trouble or not choices:
        return {"response": None, "error": "the sample ended in an error" if trouble else "the sample has no answer"}
    stop = choices[0].get("stop_reason")
    if stop == "content_filter":
        return {"response": None, "error": "a content filter withheld the answer"}
    thinking, text = _text((choices[0].get("message") or {}).get("content"), sample)
    tokens = (output.get("usage") or {}).get("output_tokens")
    return {"response": text, "thinking": thinking or None, "finish": stop if isinstance(stop, str) else None, "tokens": tokens}


def _text(content: Any, sample: dict[str, Any]) -> tuple[str, str]:
    """Return (thinking, words) of a message's content; a part that is no text is named in brackets."""
    if content is None or isinstance(content, str):
        return "", _attached(content or "", sample)
    thinking, words = [], []
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text":
            words.append(_attached(str(part.get("text") or ""), sample))
        elif kind == "reasoning":
            thinking.append(_attached(str(part.get("reasoning") or part.get("summary") or ""), sample))
        else:
            words.append(f"[{kind}]")
    return "\n".join(thinking), "\n".join(words)


def _attached(text: str, sample: dict[str, Any]) -> str:
    """Return the text that a log keeps apart under the digest that stands in its place."""
    kept = sample.get("attachments") or {}
    return str(kept.get(text.removeprefix(_ATTACHMENT), text)) if text.startswith(_ATTACHMENT) else text
