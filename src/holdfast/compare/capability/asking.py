"""Asking both sides the questions of a task, into evidence that survives a kill."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from holdfast.compare.asking import Progress, Side
from holdfast.compare.capability.matching import is_right
from holdfast.compare.capability.tasks import Task, TaskQuestion
from holdfast.core import FinishReason, InputError, Message, Value
from holdfast.plugins import GenerationRequest, Sampling, ScoreRequest
from holdfast.records import open_dataset
from holdfast.runs import SAME_COMMAND, EvidenceLog

__all__ = ["HeldOut", "TaskResult", "ask_held_out", "ask_task", "read_held_out"]

_CHUNK = 64
_Role = Literal["system", "user", "assistant", "tool"]


class TaskResult(Value, frozen=True, kw_only=True):
    """What one side did with one question or one held-out row."""

    side: str
    task: str
    id: str
    score: float | None = None
    """1 right, 0 wrong; None where no answer came, and for held-out rows."""
    log_prob: float | None = None
    """Nats of the held-out answer."""
    tokens: int | None = None
    text: str | None = None
    """The generated answer, or the choice taken."""
    reason: str | None = None


class HeldOut(Value, frozen=True, kw_only=True):
    """Rows of the task that were kept out of training: each a conversation that ends with the answer."""

    name: str
    rows: tuple[tuple[Message, ...], ...]


def read_held_out(path: Path) -> HeldOut:
    """Return the rows of a file in any format of training data; raises InputError for a row that has no answer."""
    try:
        dataset = open_dataset(path, max_bad_rows=0)
        rows = [_turns(row) for batch in dataset.batches() for row in batch.select(["turns", "system"]).to_pylist()]
    except InputError as error:
        raise InputError(f"--held-out {error}") from error
    odd = next((number for number, row in enumerate(rows, 1) if not row or row[-1].role != "assistant"), None)
    if odd is not None or not rows:
        what = f"row {odd} does not end with an answer" if rows else "it holds no row"
        raise InputError(f"--held-out {path}: {what}. Give rows like those of the training data.")
    return HeldOut(name=path.stem, rows=tuple(rows))


def _turns(row: dict[str, Any]) -> tuple[Message, ...]:
    turns = tuple(Message(role=turn["role"], content=turn["content"]) for turn in row["turns"] if turn["role"] in get_args(_Role))
    if row["system"] and (not turns or turns[0].role != "system"):
        turns = (Message(role="system", content=row["system"]), *turns)
    return turns


def ask_task(side: Side, task: Task, sampling: Sampling, log: EvidenceLog, progress: Progress) -> list[str]:
    """Ask one side a task; return why some of it could not be asked."""
    chosen = [question for question in task.questions if question.match == "choice"]
    written = [question for question in task.questions if question.match != "choice"]
    reasons = []
    if chosen and not side.engine.capabilities.scores:
        reasons.append(f"the {side.name} model gives no log-likelihoods, so it cannot choose")
    elif chosen:
        _choose(side, task.name, chosen, log, progress)
    if written:
        lost = _write(side, task.name, written, sampling, log, progress)
        reasons += [lost] if lost else []
    return reasons


def _choose(side: Side, task: str, asked: Sequence[TaskQuestion], log: EvidenceLog, progress: Progress) -> None:
    for start in range(0, len(asked), _CHUNK):
        part, name = asked[start : start + _CHUNK], f"{task}-{side.name}-choice-{start // _CHUNK}"
        if name not in log.batches:
            scored = side.engine.score([ScoreRequest(messages=_ask(one.question), continuations=one.choices) for one in part])
            log.append(name, [_chosen(side, task, one, found.log_probs) for one, found in zip(part, scored, strict=True)])
        progress(f"{task}, {side.name}", min(start + _CHUNK, len(asked)), len(asked))


def _chosen(side: Side, task: str, question: TaskQuestion, log_probs: Sequence[float]) -> TaskResult:
    best = max(log_probs)
    taken = [choice for choice, log_prob in zip(question.choices, log_probs, strict=True) if log_prob == best]
    # A tie is no knowledge: each of the tied choices is right with the same chance.
    score = sum(choice in question.answers for choice in taken) / len(taken)
    return TaskResult(side=side.name, task=task, id=question.id, score=score, text=taken[0])


def _write(side: Side, task: str, asked: Sequence[TaskQuestion], sampling: Sampling, log: EvidenceLog, progress: Progress) -> str | None:
    requests = [GenerationRequest(key=f"task:{task}/{one.id}/0", messages=_ask(one.question)) for one in asked]
    done = 0
    for number, batch in enumerate(side.engine.plan(requests, sampling)):
        name = f"{task}-{side.name}-{number}"
        if name not in log.batches:
            answers = side.engine.generate([requests[index] for index in batch], sampling)
            if any(answer.finish is FinishReason.UNANSWERED for answer in answers):
                return f"the {side.name} model stopped answering; {SAME_COMMAND} goes on"
            rows = []
            for index, answer in zip(batch, answers, strict=True):
                score = None if answer.error else float(is_right(asked[index], answer.text))
                rows.append(TaskResult(side=side.name, task=task, id=asked[index].id, score=score, text=answer.text, reason=answer.error))
            log.append(name, rows)
        done += len(batch)
        progress(f"{task}, {side.name}", done, len(asked))
    return None


def ask_held_out(side: Side, held_out: HeldOut, log: EvidenceLog, progress: Progress) -> list[str]:
    """Take the log probability of every held-out answer; return why that could not be done."""
    if not side.engine.capabilities.scores:
        return [f"the {side.name} model gives no log-likelihoods"]
    rows = held_out.rows
    for start in range(0, len(rows), _CHUNK):
        part, name = rows[start : start + _CHUNK], f"{held_out.name}-{side.name}-rows-{start // _CHUNK}"
        if name not in log.batches:
            scored = side.engine.score([ScoreRequest(messages=row[:-1], continuations=(row[-1].content,)) for row in part])
            log.append(
                name,
                [
                    TaskResult(
                        side=side.name, task=held_out.name, id=str(start + place), log_prob=found.log_probs[0], tokens=found.tokens[0]
                    )
                    for place, found in enumerate(scored)
                ],
            )
        progress(f"{held_out.name}, {side.name}", min(start + _CHUNK, len(rows)), len(rows))
    return []


def _ask(question: str) -> tuple[Message, ...]:
    return (Message(role="user", content=question),)
