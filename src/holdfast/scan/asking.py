"""What runs per detector once all rows were looked at: here one after the other, or side by side in worker processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from holdfast.core import Finding, Measurement, PluginError
from holdfast.dataflow import Crew, Shelf, give_memory_back, run
from holdfast.plugins import Conclusion, Detector, ScanOptions
from holdfast.records import Dataset
from holdfast.scan.detecting import open_detectors, reason
from holdfast.scan.kept import KeptColumns, Places
from holdfast.scan.tally import FINDINGS_FILE

__all__ = ["MANY", "Answer", "Ask", "Concluded", "answer_of", "answers_of"]

MANY = 20_000
"""Rows from which on reading what was kept in every worker takes less than working side by side saves."""


class Concluded(NamedTuple):
    """What a detector concludes; a table is sent from process to process in a hundredth of the time that findings take."""

    found: pa.Table
    """In schema FINDINGS_FILE, in the order in which the detector gave them."""
    measurements: tuple[Measurement, ...]
    notes: tuple[str, ...]


Answer = Concluded | str
"""What a detector concludes, or why it failed."""


class Ask:
    """The function over names of detectors. It can be pickled; each process opens the detector that it asks."""

    def __init__(self, dataset: Dataset, options: ScanOptions, shelf: Shelf, pieces: Sequence[str]) -> None:
        self.dataset, self.options, self.shelf, self.pieces = dataset, options, shelf, tuple(pieces)

    def __getstate__(self) -> dict[str, Any]:
        """Leave behind what was read from the shelf."""
        return {name: value for name, value in self.__dict__.items() if name not in ("_kept", "_places")}

    def __call__(self, name: str) -> Answer:
        """Return what one detector concludes from what was kept of all rows."""
        detector = open_detectors((name,), self.options)[0][name]
        answer = answer_of(detector, self._kept, lambda: self._places)
        # Another process may need it meanwhile.
        give_memory_back()
        return answer

    @cached_property
    def _kept(self) -> KeptColumns:
        return KeptColumns(self.shelf, self.pieces, self.dataset)

    @cached_property
    def _places(self) -> Places:
        return Places(self._kept)


def answer_of(detector: Detector, kept: KeptColumns, places: Callable[[], Places]) -> Answer:
    """Return what a detector concludes, or why it could not; `places` is asked for only where there are findings."""
    try:
        concluded = detector.conclude(kept)
        if not isinstance(concluded, Conclusion):
            raise PluginError("conclude did not return a Conclusion.")
        found = _table(concluded.findings, detector.card.label, places()) if concluded.findings else FINDINGS_FILE.empty_table()
        return Concluded(found, concluded.measurements, concluded.notes)
    except Exception as error:
        return reason(error)


def _table(found: Sequence[Finding], label: str, places: Places) -> pa.Table:
    """Return findings as they are filed; raises PluginError for one that another detector signed."""
    if any(finding.detector != label for finding in found):
        raise PluginError(f"a finding is not signed with the card's label {label!r}.")
    columns: dict[str, Any] = {name: [getattr(finding, name) for finding in found] for name in Finding.__struct_fields__}
    columns["severity"] = [severity.value for severity in columns["severity"]]
    columns["row"] = places.rows(columns["source"], np.array(columns["line"], dtype=np.int64))
    return pa.table({name: pa.array(columns[name], FINDINGS_FILE.field(name).type) for name in FINDINGS_FILE.names}, schema=FINDINGS_FILE)


def answers_of(names: Sequence[str], ask: Ask, kept: KeptColumns, crew: Crew) -> dict[str, Answer]:
    """Ask detectors side by side; raises WorkerError where a process dies.

    Those that kept most are asked first, since they take longest.
    """
    sizes = kept.sizes
    order = sorted(names, key=lambda name: -sizes.get(name, 0))
    return dict(zip(order, run(order, ask, engine="processes", crew=crew), strict=True))
