"""Capability before and after: every task file, every file of held-out rows, and the results of other tools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from holdfast.compare.asking import Progress, Side
from holdfast.compare.capability.asking import HeldOut, TaskResult, ask_held_out, ask_task, read_held_out
from holdfast.compare.capability.measuring import lowest, measure_held_out, measure_results, measure_task
from holdfast.compare.capability.results import read_scores
from holdfast.compare.capability.spec import CapabilitySpec
from holdfast.compare.capability.tasks import Task, read_task
from holdfast.core import InputError, Measurement, digest, digest_file
from holdfast.plugins import Sampling
from holdfast.runs import RunFolder

__all__ = ["Skills", "measure_capability", "read_skills"]


class Skills(NamedTuple):
    """Everything that was named, read: a broken file should not cost the loading of a model."""

    tasks: tuple[Task, ...]
    held_out: tuple[HeldOut, ...]
    from_results: tuple[Measurement, ...]
    sources: dict[str, str]
    """Name to digest, for the manifest."""


def read_skills(spec: CapabilitySpec) -> Skills:
    """Read every file; raises InputError for one that cannot be read, and for two of one name."""
    tasks = tuple(read_task(path) for path in spec.tasks)
    held_out = tuple(read_held_out(path) for path in spec.held_out)
    compared = measure_results(*(read_scores(path) for path in spec.results)) if spec.results else []
    names = [task.name for task in tasks] + [rows.name for rows in held_out] + list(dict.fromkeys(found.group for found in compared))
    twice = next((name for name in names if names.count(name) > 1 or name == "all"), None)
    if twice is not None:
        raise InputError(f"two tasks are called {twice!r}, or one is called 'all'. Rename the file.")
    sources = {task.name: task.digest for task in tasks} | {rows.name: digest(rows.rows) for rows in held_out}
    for side, path in zip(("results of the base", "results of the tuned"), spec.results or (), strict=False):
        sources[side] = digest_file(path)
    return Skills(tasks, held_out, tuple(compared), sources)


def measure_capability(
    skills: Skills, sides: Sequence[Side], *, sampling: Sampling, run: RunFolder, progress: Progress
) -> list[Measurement]:
    """Ask both sides, and return scores, ratios, and the ratio that stands for all; evidence is in `capability.jsonl`."""
    log = run.evidence("capability")
    measured = list(skills.from_results)
    why: dict[str, list[str]] = {}
    for side in sides:
        for task in skills.tasks:
            why.setdefault(task.name, []).extend(ask_task(side, task, sampling, log, progress))
        for rows in skills.held_out:
            why.setdefault(rows.name, []).extend(ask_held_out(side, rows, log, progress))
    results = log.read(TaskResult)
    for task in skills.tasks:
        measured += measure_task(task.name, [one for one in results if one.task == task.name], why[task.name])
    for rows in skills.held_out:
        measured += measure_held_out(rows.name, [one for one in results if one.task == rows.name], why[rows.name])
    overall = lowest(measured)
    return [*measured, *([overall] if overall else [])]
