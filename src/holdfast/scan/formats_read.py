"""As what the rows of each file were read: a row may be of another format than most of its file."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from holdfast.scan.facts import FileFacts
from holdfast.scan.kept import KeptColumns

__all__ = ["format_notes", "formats_read"]

_TRANSCRIPT, _TEXT = "transcript", "text"
_NAMED = 10


def formats_read(kept: KeptColumns) -> dict[str, dict[str, int]]:
    """Return for each file how many of its rows were read as which format, those of the most rows first."""
    table = pa.table({name: kept.column(name) for name in ("source", "format")})
    counted = table.group_by(["source", "format"]).aggregate([([], "count_all")])
    found: dict[str, dict[str, int]] = {}
    for row in sorted(counted.to_pylist(), key=lambda row: (row["source"], -row["count_all"], row["format"])):
        found.setdefault(row["source"], {})[row["format"]] = row["count_all"]
    return found


def format_notes(files: Sequence[FileFacts]) -> tuple[str, ...]:
    """Say where rows of a file of transcripts were read as plain text: nobody looked at a request or an answer in them."""
    found = [(file, plain) for file in files if file.format == _TRANSCRIPT and (plain := file.read_as.get(_TEXT, 0))]
    notes = [
        f"Read as plain text: {plain:,} of {sum(file.read_as.values()):,} rows of {file.name}, in which no turns are marked. All of such a "
        "row counts as an answer, so what looks at requests finds nothing in it."
        for file, plain in found[:_NAMED]
    ]
    if len(found) > _NAMED:
        notes.append(f"Read as plain text: rows of {len(found) - _NAMED:,} more files of transcripts.")
    return tuple(notes)
