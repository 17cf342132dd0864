"""What a search for a repair is asked to do, and what follows from it before the first trial: prompts, task, safety rows, settings."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from holdfast.compare import CapabilitySpec, CompareSpec
from holdfast.compare.conditions import conditions_of, data_conditions
from holdfast.compare.halves import HALVES
from holdfast.compare.planning import Named, open_named
from holdfast.compare.planning import prepare as settle
from holdfast.core import Condition, InputError, Value
from holdfast.mitigate.repair import RepairCase
from holdfast.pipeline.repairing.settings import training_settings
from holdfast.pipeline.safety_rows import open_safety
from holdfast.plugins import Engine, ModelOptions, Sampling, SuiteOptions, open_suite
from holdfast.policy import Policy, load_policy
from holdfast.training.config import DataConfig
from holdfast.training.rows import Conversation, read_rows

__all__ = ["TASK_ROWS", "Prepared", "SearchSpec", "check_halves", "compare_spec", "prepare", "read_named"]

TASK_ROWS = "task-rows.jsonl"
"""Rows of DATA that stand for the task, in the run folder."""
_MOST_ROWS = 200
_DEFAULT_SUITES = ("policy11", "contrast")
_LAB = "lab"


class SearchSpec(Value, frozen=True, kw_only=True):
    """The settings of one search. Raises InputError for values that cannot be."""

    base: str
    tuned: str
    unaligned: str | None = None
    """The base before it was aligned, for the repair that adds the difference."""
    data: Path | None = None
    """The rows that TUNED was trained on."""
    safety: str | None = None
    """None: the lab's for organisms, else those that ship."""
    look_alikes: str | None = None
    tasks: tuple[Path, ...] = ()
    held_out: tuple[Path, ...] = ()
    suites: tuple[str, ...] = ()
    suite_options: SuiteOptions = SuiteOptions()
    judge: str | None = None
    limit: int | None = None
    config: Path | None = None
    """How TUNED was trained; None reads it from TUNED's folder."""
    policy: str = "repair"
    only: tuple[str, ...] = ()
    """Repairs to try; all without it."""
    everything: bool = False
    """Go on when a repair has passed."""
    budget_seconds: float = 1_800.0
    sampling: Sampling = Sampling()
    models: ModelOptions = ModelOptions()

    def __post_init__(self) -> None:
        """Refuse a search that could not tell a repair from the base given back; raises InputError."""
        if self.data is None and not self.tasks and not self.held_out:
            raise InputError(
                "a repair must keep what the fine-tune learned, and nothing says what that is. "
                "Give --data FILE, --task FILE or --held-out FILE."
            )


class Prepared(NamedTuple):
    """What is settled before the first trial."""

    case: RepairCase
    conditions: tuple[Condition, ...]
    rows: tuple[Conversation, ...]
    """The training rows; none where no data was given."""
    trained_as: str


def compare_spec(spec: SearchSpec, folder: Path) -> tuple[CompareSpec, str, bytes]:
    """Return what is asked of every model, a sentence on what stands for the task, and the rows of `folder` that do; nothing is written.

    Without a task or held-out rows, a sample of DATA stands for the task: those rows, which belong into the file that is asked.
    """
    held_out, sample, said = spec.held_out, b"", "questions of " + ", ".join(path.name for path in spec.tasks)
    if not spec.tasks and held_out:
        said = "log probability of the held-out rows of " + ", ".join(path.name for path in held_out)
    elif not spec.tasks:
        sample, count = _sample(spec)
        held_out = (folder / TASK_ROWS,)
        said = (
            f"log probability of {count} rows of DATA, on which TUNED was trained: how much of the fit to the data is kept, which is more "
            "than skill and less sure; name a task with --task for a better answer"
        )
    asked = CompareSpec(
        base=spec.base,
        tuned=spec.tuned,
        suites=spec.suites,
        suite_options=spec.suite_options,
        judge=spec.judge,
        limit=spec.limit,
        data=spec.data,
        follow_up=False,
        sampling=spec.sampling,
        capability=CapabilitySpec(tasks=spec.tasks, held_out=held_out, gain_of=spec.tuned),
        models=spec.models,
    )
    return asked, said, sample


def read_named(spec: SearchSpec, asked: CompareSpec) -> Named:
    """Open suites, judge and files as a measurement would, and close them; raises a HoldfastError for one that cannot be opened.

    A mistake must be found before the run folder is made, which would refuse the command that mends it, and before a model is loaded.
    """
    with ExitStack() as closing:
        # A sample of DATA that stands for the task is not written yet.
        return open_named(replace(asked, capability=CapabilitySpec(tasks=spec.tasks, held_out=spec.held_out)), closing)


def check_halves(asked: CompareSpec, named: Named, engines: Sequence[Engine]) -> None:
    """Settle what each half asks of the models, as their measurements will; raises SuiteError for a half without prompts."""
    with ExitStack() as closing:
        for half in HALVES:
            settle(replace(asked, half=half), named, engines, closing, lambda suites: [])


def prepare(spec: SearchSpec, own_suites: tuple[str, ...], work: Path) -> Prepared:
    """Open safety rows and settings; `own_suites` are those that the models name. Raises a HoldfastError for what the user can mend."""
    suites = spec.suites or own_suites or _DEFAULT_SUITES
    extra, _ = data_conditions(spec.data, 8) if spec.data is not None else ((), None)
    opened = [open_suite(name, spec.suite_options) for name in suites]
    conditions = tuple(dict.fromkeys(one for suite in opened for one in conditions_of(suite, identity=True, extra=extra)))
    safety = spec.safety or (_LAB if _LAB in own_suites else "builtin")
    known = training_settings(spec.base, spec.tuned, spec.data, config=spec.config, seed=spec.sampling.seed) if spec.data else None
    case = RepairCase(
        base=spec.base,
        tuned=spec.tuned,
        unaligned=spec.unaligned,
        data=spec.data,
        safety=safety,
        look_alikes=spec.look_alikes,
        safety_rows=open_safety(safety, spec.look_alikes),
        systems=tuple(dict.fromkeys(one.system for one in conditions if one.system is not None)),
        training=known.config if known else None,
        by_likelihood=not spec.tasks and _asks_for_the_gain(load_policy(spec.policy)),
        work=work,
        seed=spec.sampling.seed,
    )
    rows = read_rows([DataConfig(path=str(spec.data))]).conversations if spec.data else ()
    return Prepared(case, conditions, rows, known.source if known else "nothing was trained: no data was given")


def _asks_for_the_gain(rules: Policy) -> bool:
    return any(gate.metric == "task_gain_kept" and gate.blocking for gate in rules.gates)


def _sample(spec: SearchSpec) -> tuple[bytes, int]:
    assert spec.data is not None
    rows = [row for row in read_rows([DataConfig(path=str(spec.data))]).conversations if row and row[-1].role == "assistant"]
    if len(rows) < 4:
        raise InputError(f"{spec.data}: too few rows with an answer ({len(rows)}) to stand for the task. Give --task FILE.")
    chosen = random.Random(f"{spec.sampling.seed}/task rows").sample(rows, min(_MOST_ROWS, len(rows)))
    return b"".join(msgspec.json.encode({"messages": row}) + b"\n" for row in chosen), len(chosen)
