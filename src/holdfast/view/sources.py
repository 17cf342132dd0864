"""Where the page's runs come from: the history, and run folders that it may not know."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from holdfast.core import Decision, HoldfastError, InputError, Verdict, worst
from holdfast.history import History, RunLine, run_lines
from holdfast.policy import hold_to_measurements
from holdfast.runs import read_measurements

__all__ = ["JUDGED_ALONE", "RunRow", "Runs"]

_MANIFEST, _VERDICT = "run.json", "verdict.json"
_MOST_PARTS = 5
_HALVES = ("report", "selection")
"""Folders of one trial of a repair: no name of a run."""
_PATTERNS = (_MANIFEST, f"*/{_MANIFEST}", f"*/*/{_MANIFEST}")
"""A folder of runs holds them directly or one step below, for example one folder per epoch."""


JUDGED_ALONE = ("compare", "artefact")
"""Stages whose verdict rests on the measurements in their own folder, and on nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run, as the overview lists it. Every text in it is as somebody else wrote it."""

    key: str
    """What stands in the page's address: the run's id in the history, or a digest of the folder's path. Never a path."""
    stage: str
    name: str
    """Last part of the folder's name, with those before it as far as it takes to tell the run from the others."""
    folder: Path
    command: str
    base: str
    tuned: str
    tuned_id: str | None
    policy: str | None
    decision: Decision | None
    drop: float | None
    when: datetime
    recorded: bool
    """Whether the history holds it."""
    part_of: str = ""
    """Name of the pipeline or search that it is a step or a trial of; '' for a run of its own."""


class _Manifest(msgspec.Struct):
    stage: str = ""
    command: str = ""
    asked: dict[str, msgspec.Raw] = {}


class _Side(msgspec.Struct):
    reference: str = ""


class _Story(msgspec.Struct):
    """Of a pipeline's run, which has its models in the steps."""

    base: str = ""
    model: str | None = None


class _Trial(msgspec.Struct):
    repair: str = ""
    strength: float = 0.0
    reference: str = ""


class _Search(msgspec.Struct):
    """Of a search for a repair, whose verdict is about the model that it recommends."""

    base: str = ""
    tuned: str = ""
    recommended: str | None = None
    trials: tuple[_Trial, ...] = ()


class _Gate(msgspec.Struct):
    decision: Decision
    blocking: bool


class _Verdict(msgspec.Struct):
    decision: Decision | None = None
    policy: str | None = None
    gates: tuple[_Gate, ...] = ()


class _Measured(msgspec.Struct):
    metric: str = ""
    side: str = ""
    condition: str = "default"
    group: str = "all"
    value: float | None = None


class _Measurements(msgspec.Struct):
    measurements: tuple[_Measured, ...] = ()


_HEADLINE = ("refusal_rate", "drop", "default", "all")


@dataclass
class Runs:
    """All runs that a page can show. Reads only; a run that appears later is there at the next look.

    Args:
        history: None where there is none.
        folders: folders of run folders, or run folders.
    """

    history: History | None = None
    folders: tuple[Path, ...] = ()
    _read: dict[Path, tuple[tuple[int, int], RunRow]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def rows(self) -> tuple[tuple[RunRow, ...], tuple[str, ...]]:
        """Return every run, newest first, and one sentence per source that could not be read."""
        notes: list[str] = []
        rows: list[RunRow] = []
        if self.history is not None:
            try:
                rows += map(_recorded, run_lines(self.history))
            except HoldfastError as error:
                notes.append(str(error))
        known = {row.folder for row in rows}
        with self._lock:
            rows += [row for folder in self._found(notes) if folder not in known and (row := self._folder_row(folder, notes)) is not None]
        rows = sorted(_told_apart(rows), key=lambda row: (row.when, row.key), reverse=True)
        return tuple(_parted(rows)), tuple(notes)

    def row(self, key: str) -> RunRow | None:
        """Return one run by what stands in its page's address; None where there is none."""
        return next((row for row in self.rows()[0] if row.key == key), None)

    def _found(self, notes: list[str]) -> Iterator[Path]:
        for root in self.folders:
            if not root.is_dir():
                notes.append(f"{root} is not there any more.")
            for folder in dict.fromkeys(found.parent for pattern in _PATTERNS for found in sorted(root.glob(pattern))):
                yield folder.absolute()

    def _folder_row(self, folder: Path, notes: list[str]) -> RunRow | None:
        """Read a run folder, unless it was read before and did not change."""
        try:
            stamp = (_changed(folder / _MANIFEST), _changed(folder / _VERDICT))
            if folder not in self._read or self._read[folder][0] != stamp:
                self._read[folder] = (stamp, _from_folder(folder, max(stamp)))
            return self._read[folder][1]
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, HoldfastError) as error:
            notes.append(f"{folder} cannot be read ({error}).")
            return None


def _told_apart(rows: Sequence[RunRow]) -> Iterator[RunRow]:
    """Yield the rows, those that share a name with the folders above in front of it, until no two are alike."""
    named: dict[str, set[Path]] = {}
    for row in rows:
        named.setdefault(row.name, set()).add(row.folder)
    parts = {name: _parts(folders) for name, folders in named.items() if len(folders) > 1 or name in _HALVES}
    for row in rows:
        yield replace(row, name="/".join(row.folder.parts[-parts[row.name] :])) if row.name in parts else row


def _parted(rows: Sequence[RunRow]) -> Iterator[RunRow]:
    """Yield the rows, those whose folder lies in another run's with the name of the outermost."""
    names = {row.folder: row.name for row in reversed(rows)}
    for row in rows:
        outer = [names[folder] for folder in row.folder.parents if folder in names]
        yield replace(row, part_of=outer[-1]) if outer else row


def _parts(folders: set[Path]) -> int:
    """Return how many last parts of folders of one name tell them apart."""
    enough = (many for many in range(2, _MOST_PARTS) if len({folder.parts[-many:] for folder in folders}) == len(folders))
    return next(enough, _MOST_PARTS)


def _changed(path: Path) -> int:
    """Return when a file was last written, in nanoseconds; 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _from_folder(folder: Path, changed: int) -> RunRow:
    manifest = msgspec.json.decode((folder / _MANIFEST).read_bytes(), type=_Manifest)
    written = folder / _VERDICT
    verdict = msgspec.json.decode(written.read_bytes(), type=_Verdict) if written.is_file() else _Verdict()
    base, tuned = _told(folder, manifest.stage)
    blocking = [gate.decision for gate in verdict.gates if gate.blocking]
    if verdict.decision is Decision.PASS and worst(blocking) is not Decision.PASS:
        raise InputError("its verdict.json says 'pass' and a gate in it that blocks did not pass: it was changed")
    if verdict.decision is Decision.PASS and manifest.stage in JUDGED_ALONE:
        whole = msgspec.json.decode(written.read_bytes(), type=Verdict)
        hold_to_measurements(whole, read_measurements(folder), _VERDICT)
    return RunRow(
        key=f"f{hashlib.sha256(str(folder).encode(errors='surrogateescape')).hexdigest()[:31]}",
        stage=manifest.stage,
        name=folder.name,
        folder=folder,
        command=manifest.command,
        base=_reference(manifest.asked.get("base")) or base,
        tuned=_reference(manifest.asked.get("tuned")) or tuned,
        tuned_id=None,
        policy=verdict.policy,
        decision=verdict.decision,
        drop=_drop(folder / "measurements.json"),
        when=datetime.fromtimestamp(changed / 1e9, UTC),
        recorded=False,
    )


def _drop(path: Path) -> float | None:
    """Return the drop of the refusal rate; None where it was not measured, or the file is in another form."""
    try:
        measured = msgspec.json.decode(path.read_bytes(), type=_Measurements).measurements
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return next((one.value for one in measured if (one.metric, one.side, one.condition, one.group) == _HEADLINE), None)


def _told(folder: Path, stage: str) -> tuple[str, str]:
    """Return base and tuned model of a run of several stages, as it says itself; '' for what it does not say."""
    try:
        if stage == "run":
            story = msgspec.json.decode((folder / "story.json").read_bytes(), type=_Story)
            return story.base, story.model or ""
        if stage == "mitigate auto":
            found = msgspec.json.decode((folder / "search.json").read_bytes(), type=_Search)
            made = {f"{trial.repair}-{trial.strength:g}": trial.reference for trial in found.trials}
            return found.base, made.get(found.recommended or "", found.tuned)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        pass
    return "", ""


def _reference(side: msgspec.Raw | None) -> str:
    """Return a side's reference; '' where a stage keeps something else under that name."""
    try:
        return "" if side is None else msgspec.json.decode(side, type=_Side).reference
    except msgspec.DecodeError:
        return ""


def _recorded(line: RunLine) -> RunRow:
    base, tuned = line.models.get("base"), line.models.get("tuned")
    folder = Path(line.folder)
    told = ("", "") if base or tuned else _told(folder, line.stage)
    return RunRow(
        key=line.id,
        stage=line.stage,
        name=folder.name,
        folder=folder,
        command=line.command,
        base=base[0] if base else told[0],
        tuned=tuned[0] if tuned else told[1],
        tuned_id=tuned[1] if tuned else None,
        policy=line.policy,
        decision=line.decision,
        drop=line.drop,
        when=line.recorded,
        recorded=True,
    )
