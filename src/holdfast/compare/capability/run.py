"""Capability before and after: every task file, every file of held-out rows, and the results of other tools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from holdfast.compare.asking import Progress, Side
from holdfast.compare.capability.asking import HeldOut, TaskResult, ask_held_out, ask_task, read_held_out
from holdfast.compare.capability.gains import GAIN_SIDE, lowest_gain, measure_gain
from holdfast.compare.capability.measuring import lowest, measure_held_out, measure_results, measure_task
from holdfast.compare.capability.results import read_scores
from holdfast.compare.capability.spec import CapabilitySpec
from holdfast.compare.capability.tasks import Task, read_task
from holdfast.compare.halves import Half, half_of
from holdfast.core import InputError, Measurement, digest, digest_file
from holdfast.plugins import Sampling
from holdfast.runs import RunFolder

__all__ = ["GAIN_SIDE", "Skills", "measure_capability", "read_skills"]


Item = TypeVar("Item")


class Skills(NamedTuple):
    """Everything that was named, read: a broken file should not cost the loading of a model."""

    tasks: tuple[Task, ...]
    held_out: tuple[HeldOut, ...]
    from_results: tuple[Measurement, ...]
    sources: dict[str, str]
    """Name to digest, for the manifest."""


def read_skills(spec: CapabilitySpec, *, half: Half | None = None, seed: int = 0) -> Skills:
    """Read every file, or one half of each; raises InputError for one that cannot be read, and for two of one name."""
    tasks = tuple(_half_of_task(read_task(path), half, seed) for path in spec.tasks)
    held_out = tuple(_half_of_rows(read_held_out(path), half, seed) for path in spec.held_out)
    compared = measure_results(*(read_scores(path) for path in spec.results)) if spec.results else []
    names = [task.name for task in tasks] + [rows.name for rows in held_out] + list(dict.fromkeys(found.group for found in compared))
    twice = next((name for name in names if names.count(name) > 1 or name == "all"), None)
    if twice is not None:
        raise InputError(f"two tasks are called {twice!r}, or one is called 'all'. Rename the file.")
    sources = {task.name: task.digest for task in tasks} | {rows.name: digest(rows.rows) for rows in held_out}
    for side, path in zip(("results of the base", "results of the tuned"), spec.results or (), strict=False):
        sources[side] = digest_file(path)
    return Skills(tasks, held_out, tuple(compared), sources)


def _half_of_task(task: Task, half: Half | None, seed: int) -> Task:
    questions = half_of(task.questions, half, family=lambda one: one.id, stratum=lambda one: one.match, seed=seed)
    return replace(task, questions=_enough(task.name, questions))


def _half_of_rows(held_out: HeldOut, half: Half | None, seed: int) -> HeldOut:
    rows = half_of(held_out.rows, half, family=lambda row: digest(row), stratum=lambda row: 0, seed=seed)
    return replace(held_out, rows=_enough(held_out.name, rows))


def _enough(name: str, items: tuple[Item, ...]) -> tuple[Item, ...]:
    if not items:
        raise InputError(f"{name}: too few questions or rows to halve. Give at least two, four times that for limits worth reading.")
    return items


def measure_capability(
    skills: Skills, sides: Sequence[Side], *, sampling: Sampling, run: RunFolder, progress: Progress
) -> list[Measurement]:
    """Ask the sides, and return scores, ratios, and the ratio that stands for all; evidence is in `capability.jsonl`.

    With a side `GAIN_SIDE` among them, the share of its gain that the tuned side keeps is measured too.
    """
    log = run.evidence("capability")
    measured = list(skills.from_results)
    why: dict[str, dict[str, list[str]]] = {}
    for side in sides:
        for task in skills.tasks:
            why.setdefault(task.name, {})[side.name] = ask_task(side, task, sampling, log, progress)
        for rows in skills.held_out:
            why.setdefault(rows.name, {})[side.name] = ask_held_out(side, rows, log, progress)
    results = log.read(TaskResult)
    gains: list[Measurement] = []
    for name, scored in [*((task.name, True) for task in skills.tasks), *((rows.name, False) for rows in skills.held_out)]:
        own = [one for one in results if one.task == name]
        reasons = [reason for side, said in why[name].items() if side != GAIN_SIDE for reason in said]
        measured += (measure_task if scored else measure_held_out)(name, own, reasons)
        if GAIN_SIDE in why[name]:
            gains.append(measure_gain(name, own, [*reasons, *why[name][GAIN_SIDE]], scored=scored))
    overall = lowest(measured)
    return [*measured, *gains, *([overall] if overall else []), *([lowest_gain(gains)] if gains else [])]
