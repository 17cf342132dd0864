"""Findings read back from a run folder: the gravest of all, those of one row, the rows of some."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from holdfast.core import Finding, RunFolderError, Severity
from holdfast.scan.tally import FINDINGS_FILE, RANK, finding_of

__all__ = ["check_findings", "findings_file", "findings_of", "gravest", "rows_where"]

_AGAIN = "Choose another folder with --run, or move this run folder away, and scan again."


def findings_file(run: Path) -> Path:
    """Return where a run folder keeps its findings."""
    return run / "evidence" / "findings.parquet"


def findings_of(run: Path, record: str) -> tuple[Finding, ...]:
    """Return every finding of the row at 'FILE:LINE', gravest first; those about the whole set for ''."""
    rows = _table(run, filters=pc.equal(pc.field("record"), record)).to_pylist()
    return tuple(sorted(map(finding_of, rows), key=lambda finding: RANK[finding.severity]))


def gravest(run: Path, most: int) -> tuple[tuple[Finding, ...], int]:
    """Return at most `most` findings that are defects, gravest first and then in order, and how many defects there are."""
    table = _table(run, filters=pc.not_equal(pc.field("severity"), Severity.GOOD.value))
    count = table.num_rows
    ranks = pa.array([RANK[Severity(value)] for value in table["severity"].to_pylist()], pa.int8())
    order = pc.sort_indices(table.append_column("rank", ranks), [("rank", "ascending")])[:most]
    return tuple(map(finding_of, table.take(order).to_pylist())), count


def rows_where(run: Path, condition: pc.Expression) -> frozenset[int]:
    """Return the numbers of the rows with a finding that meets a condition on the columns of the findings file."""
    table = _table(run, columns=["row"], filters=condition)
    return frozenset(row for row in pc.unique(table["row"]).to_pylist() if row >= 0)


def check_findings(run: Path, count: int) -> None:
    """Raise RunFolderError where the findings file of a finished scan is gone, cut or another one; it has `count` findings."""
    path = findings_file(run)
    with _reading(path):
        footer = parquet.read_metadata(path)
    names = footer.schema.to_arrow_schema().names
    if names != FINDINGS_FILE.names or footer.num_rows != count:
        raise RunFolderError(f"{path}: expected the {count:,} findings of the finished scan, got another file. {_AGAIN}")


def _table(run: Path, **how: Any) -> pa.Table:
    path = findings_file(run)
    with _reading(path):
        return parquet.read_table(path, **how)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise RunFolderError(f"{path} is gone, and scan.json says that the scan is finished. {_AGAIN}") from error
    except (pa.ArrowException, OSError) as error:
        raise RunFolderError(f"{path}: expected the findings of the scan, got a file that cannot be read as parquet. {_AGAIN}") from error
