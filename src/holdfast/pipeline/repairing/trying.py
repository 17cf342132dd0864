"""Trying one repair: every strength on the selection half until one satisfies the policy there, and the chosen one on the other half.

The rule of choice: strengths are tried from the one that changes the fine-tune least, and the first that satisfies the policy on the
selection half is taken; where none does, the one that misses its gates by least. Both look at the selection half only.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from holdfast.core import Decision, HoldfastError
from holdfast.mitigate.repair import Applied, Repair, RepairCase
from holdfast.mitigate.trials import Trial
from holdfast.pipeline.repairing.measuring import Bench

__all__ = ["OutOfTime", "choose_strength", "make", "report_on", "try_strengths"]

Keep = Callable[[Trial], None]


class OutOfTime(Exception):
    """A trial that was begun would not end inside the budget."""


def try_strengths(
    repair: Repair,
    case: RepairCase,
    bench: Bench,
    folder: Path,
    *,
    known: Mapping[str, Trial],
    keep: Keep,
    may_begin: Callable[[Repair], bool] = lambda repair: True,
    progress: Any,
) -> Trial | None:
    """Try the strengths of a repair and return the chosen one; None where none could be tried.

    `known` are trials of an earlier part of the same run, by key, which are not made again; `keep` is given each new one.
    """
    tried: list[Trial] = []
    for strength in repair.strengths:
        key = f"{repair.name}-{strength:g}"
        trial = known.get(key)
        if trial is None:
            if not may_begin(repair):
                break
            trial = _try(repair, strength, case, bench, folder / key, progress)
            keep(trial)
        tried.append(trial)
        if trial.selection is not None and trial.selection.decision is Decision.PASS:
            break
    return choose_strength(tried)


def choose_strength(tried: list[Trial]) -> Trial | None:
    """Return the trial that misses the policy by least on the selection half, of equals the first; None where none was measured."""
    measured = [trial for trial in tried if trial.selection is not None]
    return min(measured, key=lambda trial: trial.selection.shortfall if trial.selection else 0.0, default=None)


def make(repair: Repair, strength: float, case: RepairCase, out: Path, progress: Any) -> Applied:
    """Make a repaired model in `out`, from the start: what a killed run left there goes first."""
    shutil.rmtree(out, ignore_errors=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    return repair.apply(case, strength, out, progress)


def report_on(trial: Trial, repair: Repair, case: RepairCase, bench: Bench, folder: Path, progress: Any, *, page: bool = False) -> Trial:
    """Return a chosen trial with what it shows on the report half; its model is made again where it is gone."""
    out = folder / trial.key / "repair"
    if not _is_there(trial.reference):
        make(repair, trial.strength, case, out, progress)
    report = bench.measure(trial.reference, "report", folder / trial.key / "report", progress=progress, page=page)
    return replace(trial, report=report)


def _try(repair: Repair, strength: float, case: RepairCase, bench: Bench, folder: Path, progress: Any) -> Trial:
    shutil.rmtree(folder, ignore_errors=True)
    began, cpu = time.monotonic(), time.process_time()
    trial = Trial(repair=repair.name, strength=strength, stage=repair.stage, trains=repair.trains, seconds=0.0, cpu_seconds=0.0)
    try:
        applied = make(repair, strength, case, folder / "repair", progress)
    except HoldfastError as error:
        shutil.rmtree(folder / "repair", ignore_errors=True)
        return replace(trial, seconds=time.monotonic() - began, cpu_seconds=time.process_time() - cpu, failed=str(error))
    made, made_cpu = time.monotonic(), time.process_time()
    selection = bench.measure(applied.reference, "selection", folder / "selection", progress=progress)
    return replace(
        trial,
        seconds=made - began,
        cpu_seconds=made_cpu - cpu,
        measuring_seconds=time.monotonic() - made,
        selection=selection,
        reference=applied.reference,
        commands=applied.commands,
        notes=applied.notes,
    )


def _is_there(reference: str) -> bool:
    """Tell whether what the last part of a reference names still lies there."""
    path = Path(reference.rpartition("+")[2].removeprefix("ensemble:"))
    return path.is_file() or (path.is_dir() and any(path.iterdir()))
