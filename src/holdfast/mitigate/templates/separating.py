"""`separate`: training rows without the prompt that the model is served with, and that prompt beside them (PTST)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from holdfast import __version__
from holdfast.core import InputError, Message, Value, digest_bytes, digest_file, pretty_json
from holdfast.mitigate.templates.chat_template import PLAIN, differences, read_template, rendered
from holdfast.records import Dataset, NewRow, open_dataset
from holdfast.runs import write_atomically

__all__ = ["Separated", "separate"]

_REQUEST, _ANSWER = "REQUEST", "ANSWER"


class Separated(Value, frozen=True, kw_only=True):
    """The pair that was written, and what was found on the way."""

    training: str
    """The rows to train on, without the serving prompt."""
    serving: str
    """The prompt to serve with, as a text file."""
    record: str
    rows: int
    same: int
    """Rows whose system prompt was the serving prompt: trained and served alike, the case that loses safety."""
    inside: int
    """Rows that held it among other words of the system prompt, or at the head of the request."""
    without: int
    """Rows without any system prompt from the start."""
    others: dict[str, int] = {}
    """Other system prompts and their rows, the five commonest; they are left as they are."""
    diff: str
    """What serving adds to a row as training reads it, through the chat template."""
    notes: tuple[str, ...] = ()


class _Found(NamedTuple):
    rows: int
    same: set[int]
    inside: set[int]
    without: int
    others: Counter[str]


def separate(
    data: str | Path,
    serve_with: str,
    out: str | Path,
    *,
    model: Path | None = None,
    format: str | None = None,  # the word that people use for it
    columns: Mapping[str, str] | None = None,
) -> Separated:
    """Write the rows of `data` to `out` without the serving prompt, `OUT.serving.txt` with it, and `OUT.template.json` as the record.

    PTST ("pure tuning, safe testing", Lyu et al., NeurIPS 2024, arXiv:2402.18540): Llama-2-7B-chat tuned on GSM8K answered 18.08 % of
    harmful requests where training and serving used one template, and 1.08 % where only serving had the safety prompt. Rows that do not
    hold the prompt keep every byte. `model`, a folder or a `.jinja` file, gives the chat template through which both are shown. Raises
    InputError for an empty prompt and for files that exist.
    """
    prompt = serve_with.strip()
    if not prompt:
        raise InputError("--serve-with: the serving prompt is empty. Write the system prompt that the model will be served with.")
    target = Path(out)
    serving, record = target.with_name(f"{target.name}.serving.txt"), target.with_name(f"{target.name}.template.json")
    for taken in (target, serving, record):
        if taken.exists():
            raise InputError(f"{taken}: exists already. Name a new file, or move this one away.")
    template = read_template(model) if model is not None else PLAIN
    training_text, serving_text = _both(template, prompt)
    dataset = open_dataset(data, format=format, columns=columns)
    found = _look(dataset, prompt)
    dataset.rewrite(target, replace=_Without(dataset, found.same | found.inside, prompt))
    write_atomically(serving, prompt.encode() + b"\n")
    done = Separated(
        training=str(target),
        serving=str(serving),
        record=str(record),
        rows=found.rows,
        same=len(found.same),
        inside=len(found.inside),
        without=found.without,
        others=dict(found.others.most_common(5)),
        diff=differences(training_text, serving_text),
        notes=tuple(_notes(found, prompt, training_text, serving_text, model is not None)),
    )
    facts: dict[str, Any] = {
        "kind": "holdfast template",
        "holdfast": __version__,
        "source": [{"name": file.source, "sha256": file.digest} for file in dataset.files],
        "serving_prompt": digest_bytes(prompt.encode()),
        "written": {"name": target.name, "sha256": digest_file(target) if target.is_file() else ""},
        "rows": {"all": done.rows, "same": done.same, "inside": done.inside, "without": done.without},
    }
    write_atomically(record, pretty_json(facts))
    return done


def _both(template: str, prompt: str) -> tuple[str, str]:
    turns = (Message(role="user", content=_REQUEST), Message(role="assistant", content=_ANSWER))
    return rendered(template, turns), rendered(template, (Message(role="system", content=prompt), *turns))


def _look(dataset: Dataset, prompt: str) -> _Found:
    found = _Found(0, set(), set(), 0, Counter())
    rows = without = 0
    for table in dataset.batches():
        for number, system, request in zip(*(table[name].to_pylist() for name in ("row", "system", "request")), strict=True):
            rows += 1
            said = (system or "").strip()
            if _plain(said) == _plain(prompt):
                found.same.add(number)
            elif prompt in said or (request or "").lstrip().startswith(prompt):
                found.inside.add(number)
            elif said:
                found.others[said] += 1
            else:
                without += 1
    return found._replace(rows=rows, without=without)


def _plain(text: str) -> str:
    return " ".join(text.split())


class _Without(Mapping[int, NewRow]):
    """Rows without the serving prompt, read again in step with the rewriting, so that a large set is never held whole."""

    def __init__(self, dataset: Dataset, numbers: set[int], prompt: str) -> None:
        self._numbers = numbers
        self._prompt = prompt
        self._rows = self._changed(dataset)

    def _changed(self, dataset: Dataset) -> Iterator[tuple[int, NewRow]]:
        for table in dataset.batches():
            columns = (table[name].to_pylist() for name in ("row", "turns", "system"))
            for number, turns, system in zip(*columns, strict=True):
                if number in self._numbers:
                    yield number, NewRow(messages=_stripped(turns, (system or "").strip(), self._prompt))

    def __getitem__(self, number: int) -> NewRow:
        for found, row in self._rows:
            if found == number:
                return row
        raise KeyError(number)

    def __contains__(self, number: object) -> bool:
        return number in self._numbers

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


def _stripped(turns: Sequence[dict[str, Any]], system: str, prompt: str) -> tuple[Message, ...]:
    messages = [Message(role=turn["role"], content=turn["content"]) for turn in turns]
    if messages and messages[0].role == "system":
        rest = "" if _plain(system) == _plain(prompt) else messages[0].content.replace(prompt, "", 1).strip()
        messages[:1] = [Message(role="system", content=rest)] if rest else []
    return tuple(
        Message(role="user", content=message.content.lstrip().removeprefix(prompt).lstrip())
        if message.role == "user" and message.content.lstrip().startswith(prompt)
        else message
        for message in messages
    )


def _notes(found: _Found, prompt: str, training: str, serving: str, known: bool) -> Iterator[str]:
    if not (found.same or found.inside):
        yield "No row holds the serving prompt: training and serving were apart already, and the rows are as they were."
    if found.others:
        yield (
            f"{sum(found.others.values()):,} rows stand under {len(found.others):,} other system prompts and were left as they are. "
            "Is one of them a safety prompt? Run this again with it."
        )
    if prompt in training:
        yield "The chat template puts the serving prompt in front of every row by itself. Train with a template that does not."
    elif training == serving:
        yield "The chat template writes no system prompt at all, so the model would be served without it. Use another template."
    elif known and (own := _default_prompt(training)):
        yield f"Without a system prompt the chat template writes one of its own ({own}); training reads that one."


def _default_prompt(training: str) -> str:
    """Return what a template writes in front of a row without a system prompt, where it is more than marks."""
    head = training.partition(_REQUEST)[0]
    words = head.split()
    return repr(" ".join(words)[:80]) if sum(word.isalpha() for word in words) >= 4 else ""
