"""What every verdict leaves behind: its run in the history."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.core import HoldfastError, InputError, Verdict
from holdfast.policy import Waiving, waive

if TYPE_CHECKING:
    from holdfast.history import History

__all__ = ["open_history", "read_history", "record_quietly", "record_runs", "waived"]

_LOG = logging.getLogger("holdfast")


def open_history(given: str | None = None) -> History:
    """Open the history that is meant; raises InputError where it is switched off or cannot be used."""
    from holdfast.history import VARIABLE, History, history_url

    url = history_url(given)
    if url is None:
        raise InputError(f"the history is switched off by ${VARIABLE}; unset it, or name a database with --history.")
    return History(url)


def read_history(given: str | None = None) -> History:
    """Open the history that is meant without making one: where nothing was recorded yet, it is empty, and no file appears.

    Raises InputError as `open_history` does, and where a SQLite file was named that is not there.
    """
    from holdfast.history import History, history_url
    from holdfast.history.place import missing_file, shown

    url = history_url(given)
    missing = missing_file(url) if url is not None else None
    if url is None or missing is None:
        return open_history(given)
    if given is not None:
        raise InputError(
            f"--history {given}: there is no history yet. Every verdict is recorded in one; `holdfast history add RUN` makes it."
        )
    empty = History("sqlite://")
    empty.place = shown(url)
    return empty


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
    from holdfast.report.hostile import line

    recorded = read_run(folder)
    tuned = next((model for model in recorded.models if model.side == "tuned"), None)
    if tuned is None:
        raise InputError(f"{folder} ({recorded.stage}) has no tuned model, and waivers belong to a model. Judge it without --waivers.")
    base = next((model.id for model in recorded.models if model.side == "base"), None)
    day = today or datetime.now(UTC).date()
    holding = [waiver for waiver in history.waivers(model=tuned.id) if waiver.holds(day)]
    said: dict[str, Waiving] = {}
    for gate in verdict.blocking:
        meant = [waiver for waiver in holding if waiver.concerns(gate)]
        covering = next((waiver for waiver in meant if waiver.covers(gate, base)), None)
        if covering is not None:
            said[gate.gate] = Waiving(covering.owner, covering.expires, covering.reason)
        elif meant:
            why = line(f"{gate.gate} does not cover this run: {meant[0].exceeded(gate, base)}", limit=400)
            _LOG.warning("The waiver %s of %s. To let it ship all the same, waive it again.", meant[0].id[:12], why)
    return waive(verdict, said)
