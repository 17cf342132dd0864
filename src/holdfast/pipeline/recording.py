"""What every verdict leaves behind: its run in the history."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.core import HoldfastError, InputError, Verdict
from holdfast.policy import waive

if TYPE_CHECKING:
    from holdfast.history import History

__all__ = ["open_history", "record_quietly", "record_runs", "waived"]

_LOG = logging.getLogger("holdfast")


def open_history(given: str | None = None) -> History:
    """Open the history that is meant; raises InputError where it is switched off or cannot be used."""
    from holdfast.history import VARIABLE, History, history_url

    url = history_url(given)
    if url is None:
        raise InputError(f"the history is switched off by ${VARIABLE}; unset it, or name a database with --history.")
    return History(url)


def record_quietly(folder: Path) -> None:
    """Record a run, unless the history is off. A history that cannot be written is a warning: the verdict stands without it."""
    from holdfast.history import History, history_url, read_run

    url = history_url()
    if url is None:
        return
    try:
        with History(url) as history:
            history.record(read_run(folder))
    except HoldfastError as error:
        _LOG.warning("The run was judged and is not in the history. %s", error)


def record_runs(history: History, folders: list[Path]) -> list[tuple[Path, bool]]:
    """Record run folders, and every run folder below those that are none; return each with whether any of it was new.

    Raises InputError for a folder that holds no run.
    """
    from holdfast.history import read_run

    found: list[Path] = []
    for folder in folders:
        runs = [folder] if (folder / "run.json").is_file() else sorted(path.parent for path in folder.glob("*/run.json"))
        if not runs:
            raise InputError(f"{folder}: expected a run folder, or a folder of run folders. Give what `holdfast compare` wrote.")
        found += runs
    return [(folder, history.record(read_run(folder))) for folder in found]


def waived(verdict: Verdict, folder: Path, history: History, *, today: date | None = None) -> Verdict:
    """Return a run's verdict with the waivers of its tuned model that hold today."""
    from holdfast.history import read_run

    recorded = read_run(folder)
    tuned = next((model for model in recorded.models if model.side == "tuned"), None)
    if tuned is None:
        raise InputError(f"{folder} ({recorded.stage}) has no tuned model, and waivers belong to a model. Judge it without --waivers.")
    day = today or datetime.now(UTC).date()
    holding = [waiver for waiver in history.waivers(model=tuned.id) if waiver.holds(day)]
    said = {
        gate.gate: f"waived by {waiver.owner} until {waiver.expires} ({waiver.reason}):"
        for gate in verdict.gates
        for waiver in reversed(holding)
        if waiver.covers(gate)
    }
    return waive(verdict, said)
