"""Rows that repeat each other, as clusters: what is done to one of them should be done to all."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from holdfast import __version__
from holdfast.records import Dataset
from holdfast.scan import ScanJob, run_scan

__all__ = ["REPEATS", "repeat_clusters"]

REPEATS = ("exact-duplicate", "near-duplicate")
"""Detectors of a scan that finds such rows."""


def repeat_clusters(job: ScanJob, folder: Path) -> list[list[int]]:
    """Return all row numbers in clusters of repeats and near repeats, a row that repeats nothing alone; in order of their first row.

    `job` is a scan with the detectors `REPEATS`; `folder` is one to work in.
    """
    run_scan(job.spec, folder / "scan", command="", version=__version__, job=job)
    return _clusters(job.dataset, folder / "scan" / "evidence" / "findings.parquet")


def _clusters(dataset: Dataset, findings: Path) -> list[list[int]]:
    """Return all rows in clusters of repeats, rows that repeat nothing alone; in order of their first row."""
    places: dict[str, int] = {}
    for batch in dataset.batches():
        columns = (batch.column(name).to_pylist() for name in ("row", "source", "line"))
        places |= {f"{source}:{line}": row for row, source, line in zip(*columns, strict=True)}
    leader = {row: row for row in places.values()}

    def find(row: int) -> int:
        while leader[row] != row:
            leader[row] = leader[leader[row]]
            row = leader[row]
        return row

    table = pq.read_table(findings, columns=["row", "related"])
    for row, related in zip(table.column("row").to_pylist(), table.column("related").to_pylist(), strict=True):
        if related and row in leader and related in places:
            first, second = sorted((find(row), find(places[related])))
            leader[second] = first
    clusters: dict[int, list[int]] = {}
    for row in sorted(leader):
        clusters.setdefault(find(row), []).append(row)
    return list(clusters.values())
