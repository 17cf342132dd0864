"""One run, from its folder where that is still there, else from what the history recorded of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from holdfast.compare.facts import Comparison
from holdfast.core import HoldfastError, Measurement, Verdict
from holdfast.history import read_run
from holdfast.policy import DecideOn, hold_to_measurements, load_policy, policy_names
from holdfast.report import ReportInput
from holdfast.report.hostile import excerpt, line
from holdfast.report.html import condition_charts
from holdfast.report.page import Fact, Page, StoredRow
from holdfast.report.rows import stored_rows
from holdfast.report.view import build_page
from holdfast.runs import read_measurements
from holdfast.view.curves import Curves, build_curves
from holdfast.view.evidence import read_rows
from holdfast.view.sources import JUDGED_ALONE, RunRow
from holdfast.watch.rows import WatchRow

if TYPE_CHECKING:
    from holdfast.history import History

__all__ = ["RunView", "build_run", "read_file"]

Kind = TypeVar("Kind")
_DRAWING = threading.Lock()
"""matplotlib keeps its settings in one place for all threads."""
_FLAG = ("refusal_rate", "drop", "each", DecideOn.POINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """What the page of a run says."""

    key: str
    name: str
    facts: tuple[Fact, ...]
    page: Page | None
    """Verdict, gates and changes; None for a run that was never judged."""
    charts: dict[str, Any]
    stored: tuple[StoredRow, ...]
    has_answers: bool
    has_report: bool
    curves: Curves | None
    notes: tuple[str, ...]


def build_run(row: RunRow, history: History | None) -> RunView:
    """Read everything that there is of a run. What is missing or broken is a sentence on the page, never an error."""
    notes: list[str] = []
    folder = row.folder
    there = (folder / "run.json").is_file()
    if not there:
        notes.append(f"The run folder {folder} is not there any more: it was moved or deleted. What follows is what the history recorded.")
    elif _is_another(row):
        notes.append(f"The run folder {folder} holds another run by now. What follows is what the history recorded of this one.")
        there = False
    measurements = _measurements(row, history, there, notes)
    verdict = _verdict(row, history, there, notes)
    comparison = read_file(folder / "comparison.json", Comparison, notes) if there else None
    shown = None if verdict is None else build_page(_report_input(row, comparison, verdict, measurements))
    return RunView(
        key=row.key,
        name=line(row.name, limit=80) or "(no name)",
        facts=(*_facts(row), *_waivers(row, history, notes)),
        page=shown,
        charts={} if shown is None else _charts(shown),
        stored=stored_rows(measurements),
        has_answers=there and (folder / "evidence" / "responses.jsonl").is_file(),
        has_report=there and (folder / "report.html").is_file(),
        curves=build_curves(read_rows(folder, "training", WatchRow, notes)) if there else None,
        notes=tuple(notes),
    )


def _is_another(row: RunRow) -> bool:
    """Tell whether a run's folder holds a run that is not the recorded one; a folder that cannot be read is told apart by its parts."""
    if not row.recorded:
        return False
    try:
        return read_run(row.folder).id != row.key
    except HoldfastError:
        return False


def read_file(path: Path, kind: type[Kind], notes: list[str]) -> Kind | None:
    """Return a file of a run folder; None where it is not there, and a sentence in `notes` where it holds something else."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        notes.append(f"{path.name} in the run folder cannot be read, so what it says is not shown ({error}).")
        return None


def _measurements(row: RunRow, history: History | None, there: bool, notes: list[str]) -> tuple[Measurement, ...]:
    try:
        if there and (row.folder / "measurements.json").is_file():
            return read_measurements(row.folder)
        if row.recorded and history is not None:
            return history.measurements(row.key)
    except (HoldfastError, OSError) as error:
        notes.append(str(error))
    return ()


def _verdict(row: RunRow, history: History | None, there: bool, notes: list[str]) -> Verdict | None:
    found = read_file(row.folder / "verdict.json", Verdict, notes) if there else None
    try:
        found = None if found is None else found.checked("verdict.json in the run folder")
        if found is not None and row.stage in JUDGED_ALONE and (row.folder / "measurements.json").is_file():
            hold_to_measurements(found, read_measurements(row.folder), "verdict.json in the run folder")
    except HoldfastError as error:
        notes.append(str(error))
        return None
    if found is not None or not row.recorded or history is None:
        return found
    try:
        entry = history.run(row.key)
    except HoldfastError as error:
        notes.append(str(error))
        return None
    notes.extend(entry.doubts)
    return entry.verdicts[0].verdict if entry.verdicts else None


def _report_input(row: RunRow, comparison: Comparison | None, verdict: Verdict, measurements: tuple[Measurement, ...]) -> ReportInput:
    """Join what was found with what a policy said of it, as the report does."""
    if comparison is None:
        return ReportInput(title=row.name, verdict=verdict, measurements=measurements, command=row.command, drop_line=_flagged(verdict))
    shared = {name: getattr(comparison, name) for name in comparison.__struct_fields__ if name != "schema"}
    return ReportInput(verdict=verdict, drop_line=_flagged(verdict), **shared)


def _flagged(verdict: Verdict) -> float | None:
    """Return the drop per category from which a shipped policy flags; None for a policy of the user's own, whose file is not here."""
    if verdict.policy not in policy_names():
        return None
    gates = load_policy(verdict.policy).gates
    return next((gate.bar for gate in gates if (gate.metric, gate.side, gate.group, gate.decide_on) == _FLAG), None)


def _charts(shown: Page) -> dict[str, Any]:
    with _DRAWING:
        return {condition.anchor: condition_charts(shown, condition) for condition in shown.conditions}


def _waivers(row: RunRow, history: History | None, notes: list[str]) -> list[Fact]:
    """Return what a person decided about the tuned model in spite of its gates."""
    if history is None or row.tuned_id is None:
        return []
    today = datetime.now(UTC).date()
    try:
        found = history.waivers(model=row.tuned_id)
    except HoldfastError as error:
        notes.append(str(error))
        return []
    return [
        Fact(
            name="Waived" if one.holds(today) else "Was waived",
            text=f"{line(one.gate, limit=80)}, by {line(one.owner)} until {one.expires}",
            note=line(one.reason, limit=300),
        )
        for one in found
    ]


def _facts(row: RunRow) -> tuple[Fact, ...]:
    """Return what tells this run from others."""
    facts = [Fact(name="Stage", text=line(row.stage)), Fact(name="Folder", text=line(str(row.folder), limit=300))]
    facts += [Fact(name=name, text=line(text, limit=300)) for name, text in (("Base", row.base), ("Tuned", row.tuned)) if text]
    facts.append(Fact(name="Recorded" if row.recorded else "Last written", text=row.when.strftime("%Y-%m-%d %H:%M UTC")))
    if not row.recorded:
        facts.append(Fact(name="History", text="not in it; `holdfast history add` records it"))
    facts.append(Fact(name="Command", text=excerpt(row.command, head=600) or "was not recorded"))
    return tuple(facts)
