"""When every row was seen: findings in order, what the detectors conclude, and what could not be assessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from holdfast.core import Measurement
from holdfast.dataflow import Shelf
from holdfast.plugins import Detector
from holdfast.scan.asking import Answer, answer_of
from holdfast.scan.kept import KeptColumns, Places
from holdfast.scan.tally import FINDINGS_FILE, Tally

__all__ = ["Summed", "conclude", "failed_in", "tally_pieces"]


class Summed:
    """Measurements and notes of all detectors, in the order of their ids."""

    def __init__(self) -> None:
        self.measurements: dict[tuple[str, str, str, str], Measurement] = {}
        self.notes: list[str] = []

    def measured(self, found: Iterable[Measurement], label: str) -> None:
        """Take a detector's measurements; of two for one place the first that has a number stays, and a note says so."""
        for one in found:
            before = self.measurements.setdefault(one.key, one)
            if before is one:
                continue
            if before.value is None:
                self.measurements[one.key] = one
            elif one.value is not None:
                self.notes.append(f"{label} measures {one.metric}, which another detector measured before; its number was left out.")


def failed_in(shelf: Shelf, pieces: Sequence[str]) -> dict[str, str]:
    """Return the detectors that failed at some batch, with the first reason."""
    failed: dict[str, str] = {}
    for piece in pieces:
        for row in shelf.take(piece, "failed")["failed"].to_pylist():
            failed.setdefault(row["detector"], row["reason"])
    return failed


def tally_pieces(tally: Tally, shelf: Shelf, pieces: Sequence[str], places: Places) -> None:
    """Write the findings of all batches in row order."""
    for piece in pieces:
        tally.add(_joined(shelf.take(piece, "found")["found"], places))


def _joined(found: pa.Table, places: Places) -> pa.Table:
    """Return findings in the schema of the findings file."""
    whole = [row < 0 for row in found["row"].to_pylist()]
    sources = ["" if all_rows else source for all_rows, source in zip(whole, found["source"].to_pylist(), strict=True)]
    lines = [0 if all_rows else line for all_rows, line in zip(whole, found["line"].to_pylist(), strict=True)]
    records = [f"{source}:{line}" if source else "" for source, line in zip(sources, lines, strict=True)]
    related = ["" if row is None else places.record(row) for row in found["related"].to_pylist()]
    made = {
        "record": pa.array(records, pa.string()),
        "source": pa.array(sources, pa.string()),
        "line": pa.array(lines, pa.int64()),
        "related": pa.array(related, pa.string()),
    }
    return pa.table([made.get(name, found[name] if name not in made else None) for name in FINDINGS_FILE.names], schema=FINDINGS_FILE)


def conclude(
    detectors: Mapping[str, Detector],
    failed: Mapping[str, str],
    kept: KeptColumns,
    places: Places,
    tally: Tally,
    answers: Mapping[str, Answer] | None = None,
) -> Summed:
    """Let every detector conclude that did not fail; findings go to the tally, after those of the batches.

    `answers` are what detectors concluded elsewhere already.
    """
    result = Summed()
    found = [FINDINGS_FILE.empty_table()]
    for name, detector in detectors.items():
        if name in failed:
            continue
        answer = answer_of(detector, kept, lambda: places) if answers is None else answers[name]
        if isinstance(answer, str):
            result.notes.append(_failure(name, answer))
            continue
        found.append(answer.found)
        result.measured(answer.measurements, detector.card.label)
        result.notes += [f"{detector.card.title}: {note}" for note in answer.notes]
    result.notes += [_failure(name, why) for name, why in sorted(failed.items())]
    whole = pa.concat_tables(found)
    # A stable sort: of one row, those of the detector with the smaller id come first.
    tally.add(whole.take(pa.array(np.argsort(whole["row"].to_numpy(), kind="stable"))).combine_chunks())
    return result


def _failure(name: str, why: str) -> str:
    return f"detector {name} failed: {why}. What it measures was not assessed."
