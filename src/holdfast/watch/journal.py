"""The run folder of a training: rows as they come, measurements after every look, and no training lost over a full disk."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from holdfast import __version__
from holdfast.core import Measurement
from holdfast.runs import EvidenceLog, Manifest, RunFolder
from holdfast.watch.rows import AnswerRow, Answers, Incident, RowKind, WatchRow

__all__ = ["Journal"]


class Journal:
    """Keeps what was seen, in memory always and in a run folder where there is one.

    A folder that cannot be opened is the user's to mend and raises RunFolderError before training. One that fails later
    (a full disk) is an incident: the training goes on, and the rest is kept in memory.
    """

    def __init__(self, folder: Path | None, asked: dict[str, Any]) -> None:
        self.folder = folder
        self.rows: list[WatchRow] = []
        """Everything seen in this attempt."""
        self.incidents: list[Incident] = []
        self.attempt = 0
        self._earlier: list[AnswerRow] = []
        self._earlier_rows: list[WatchRow] = []
        self._run: RunFolder | None = None
        self._logs: dict[str, EvidenceLog] = {}
        self._waiting: list[WatchRow] = []
        if folder is not None:
            manifest = Manifest(stage="watch", holdfast=__version__, command="SafetyCallback(...)", seed=0, asked=asked)
            self._run = RunFolder(folder, manifest)
            self._logs = {name: self._run.evidence(name) for name in ("training", "probes")}
            self._earlier = self._logs["probes"].read(AnswerRow)
            self._earlier_rows = self._logs["training"].read(WatchRow)
            self.attempt = 1 + max([-1, *(row.attempt for row in self._earlier_rows), *(row.attempt for row in self._earlier)])

    def earlier_answers(self, *, until: int) -> list[AnswerRow]:
        """Return the looks of earlier attempts that led to step `until`, oldest first: the start, and all up to there."""
        last: dict[int, AnswerRow] = {row.step: row for row in self._earlier if row.step <= until}
        return [last[step] for step in sorted(last)]

    def earlier_losses(self, *, until: int) -> list[WatchRow]:
        """Return the losses of earlier attempts up to a step, oldest first."""
        last = {row.step: row for row in self._earlier_rows if row.kind is RowKind.LOSS and row.step <= until}
        return [last[step] for step in sorted(last)]

    def note(self, kind: RowKind, step: int, values: dict[str, float | None], note: str = "") -> None:
        """Take a row; it is written with the next commit."""
        row = WatchRow(attempt=self.attempt, step=step, kind=kind, values=values, note=note)
        self.rows.append(row)
        self._waiting.append(row)

    def incident(self, step: int, what: str, message: str) -> None:
        """Take note of something that went wrong, or of a decision."""
        self.incidents.append(Incident(step=step, what=what, message=message))
        self.note(RowKind.INCIDENT, step, {}, f"{what}: {message}")

    def answered(self, step: int, answers: Answers) -> None:
        """Keep the outcome of every request of a look."""
        row = AnswerRow(attempt=self.attempt, step=step, answers=answers)
        self._guarded(step, lambda: self._append("probes", step, [row]))

    def commit(self, step: int, measurements: Sequence[Measurement]) -> None:
        """Write what is waiting, and the measurements as they now are."""
        waiting, self._waiting = self._waiting, []

        def write() -> None:
            if waiting:
                self._append("training", step, waiting)
            if self._run is not None:
                self._run.write_measurements(measurements)

        self._guarded(step, write)

    def close(self) -> None:
        """Give the folder free. Closing twice is allowed."""
        if self._run is not None:
            self._run.__exit__(None, None, None)
            self._run, self._logs = None, {}

    def _append(self, name: str, step: int, rows: Iterable[WatchRow | AnswerRow]) -> None:
        if name in self._logs:
            log = self._logs[name]
            log.append(f"{self.attempt}-{step}-{len(log.batches)}", list(rows))

    def _guarded(self, step: int, write: Any) -> None:
        try:
            write()
        except OSError as error:
            # The rows stay in memory. Nothing more is written: a second half-line would not make the record better.
            where, self.folder = self.folder, None
            self.close()
            self.incident(
                step, "record-lost", f"{where}: cannot be written any more ({error.strerror or error}); the rest is in memory only"
            )
            warnings.warn(f"holdfast: {self.incidents[-1].message}. Training goes on.", stacklevel=2)
