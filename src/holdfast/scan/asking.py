"""What runs per detector once all rows were looked at: here one after the other, or side by side in worker processes."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.core import PluginError
from holdfast.dataflow import Shelf, run
from holdfast.plugins import Conclusion, Detector, ScanOptions
from holdfast.records import Dataset
from holdfast.scan.detecting import open_detectors, reason
from holdfast.scan.kept import KeptColumns

__all__ = ["MANY", "Answer", "Ask", "answer_of", "answers_of"]

MANY = 200_000
"""Rows from which on starting worker processes takes less than they save."""

Answer = Conclusion | str
"""What a detector concludes, or why it failed."""


class Ask:
    """The function over names of detectors. It can be pickled; each process opens the detector that it asks."""

    def __init__(self, dataset: Dataset, options: ScanOptions, shelf: Shelf, pieces: Sequence[str]) -> None:
        self.dataset, self.options, self.shelf, self.pieces = dataset, options, shelf, tuple(pieces)

    def __call__(self, name: str) -> Answer:
        """Return what one detector concludes from what was kept of all rows."""
        detector = open_detectors((name,), self.options)[0][name]
        return answer_of(detector, KeptColumns(self.shelf, self.pieces, self.dataset))


def answer_of(detector: Detector, kept: KeptColumns) -> Answer:
    """Return what a detector concludes, or why it could not."""
    try:
        concluded = detector.conclude(kept)
        if not isinstance(concluded, Conclusion):
            raise PluginError("conclude did not return a Conclusion.")
    except Exception as error:
        return reason(error)
    return concluded


def answers_of(names: Sequence[str], ask: Ask, kept: KeptColumns, workers: int | None) -> dict[str, Answer]:
    """Ask detectors side by side; raises WorkerError where a process dies.

    Those that kept most are asked first, since they take longest.
    """
    sizes = kept.sizes
    order = sorted(names, key=lambda name: -sizes.get(name, 0))
    return dict(zip(order, run(order, ask, engine="processes", workers=workers), strict=True))
