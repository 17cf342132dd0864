"""What of the file was not read: columns that hold text and that the format of their row leaves aside."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow.compute as pc

from holdfast.core import Measurement
from holdfast.scan.facts import UnreadColumn
from holdfast.scan.kept import KeptColumns
from holdfast.stats import wilson

__all__ = ["unread_columns", "unread_notes", "unread_share"]

_NAMED = 10


def unread_columns(kept: KeptColumns) -> tuple[UnreadColumn, ...]:
    """Return the columns with text that was not read, those of the most rows first."""
    counts = pc.value_counts(pc.list_flatten(kept.column("unread"))).to_pylist()
    found = [UnreadColumn(name=item["values"], rows=item["counts"]) for item in counts]
    return tuple(sorted(found, key=lambda column: (-column.rows, column.name)))


def unread_share(kept: KeptColumns) -> Measurement:
    """Return the share of the rows that were read which hold text in a column that was not."""
    n = kept.n
    if not n:
        return Measurement.missing("unread_text_share", "no row was read")
    column = kept.column("unread")
    count = n - column.null_count
    limits = wilson(count, n)
    return Measurement.of("unread_text_share", count / n, n=n, low=limits.low, high=limits.high, method="Wilson over rows")


def unread_notes(columns: Sequence[UnreadColumn]) -> tuple[str, ...]:
    """Say for each column that it was not read, and how to read it."""
    notes = [
        f"Not read: column {column.name!r} ({column.rows:,} row{' holds' if column.rows == 1 else 's hold'} text there that no column that "
        f"was read has). If it is trained on, scan it too, with --map text={column.name}, or --map messages={column.name} for turns."
        for column in columns[:_NAMED]
    ]
    if len(columns) > _NAMED:
        notes.append(f"Not read: {len(columns) - _NAMED:,} more columns that hold text.")
    return tuple(notes)
