"""Labels that people gave to the rows of a sample, brought back as JSON Lines or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection
from pathlib import Path

import msgspec

from holdfast.core import InputError, Value, did_you_mean

__all__ = ["Labels", "read_labels"]

_NONE = ("", "none", "ok")


class Labels(Value, frozen=True, kw_only=True):
    """What people said."""

    known: tuple[str, ...]
    """Ids of the rows that were labelled, those with 'none' too."""
    rows: dict[str, tuple[str, ...]]
    """Label to the ids of the rows that have it."""


def read_labels(path: Path, ids: Collection[str]) -> Labels:
    """Read labels of the rows of a sample.

    Args:
        path: JSON Lines with `id` and `label` (a text, or a list of texts), or CSV with the columns id and label. A row may come
            several times, with a label each; 'none', 'ok' or nothing says that it was looked at and has no defect.
        ids: of the sample's rows.

    Raises InputError for a file that cannot be read, and for ids that the sample does not have.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}).") from error
    pairs = _csv(text, path) if path.suffix == ".csv" else _json_lines(text, path)
    known: dict[str, None] = {}
    rows: dict[str, dict[str, None]] = {}
    for line, row, label in pairs:
        if row not in ids:
            raise InputError(f"{path}:{line}: {row!r} is no row of this sample. {did_you_mean(row, ids)[:200]}")
        known[row] = None
        if label.lower() not in _NONE:
            rows.setdefault(label, {})[row] = None
    if not known:
        raise InputError(f"{path}: holds no label. Give each row of the sample that you looked at one line with its id and a label.")
    return Labels(known=tuple(known), rows={label: tuple(found) for label, found in sorted(rows.items())})


def _json_lines(text: str, path: Path) -> list[tuple[int, str, str]]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            one = msgspec.json.decode(line, type=_Line)
        except msgspec.DecodeError as error:
            raise InputError(f"{path}:{number}: expected an object with id and label, got something else ({error}).") from error
        labels = [one.label] if isinstance(one.label, str) else one.label or [""]
        found += [(number, one.id, label.strip()) for label in labels]
    return found


def _csv(text: str, path: Path) -> list[tuple[int, str, str]]:
    reader = csv.DictReader(io.StringIO(text))
    if not {"id", "label"} <= set(reader.fieldnames or ()):
        raise InputError(f"{path}: expected the columns id and label, got {', '.join(reader.fieldnames or ()) or 'none'}.")
    return [(number, row["id"], (row["label"] or "").strip()) for number, row in enumerate(reader, 2)]


class _Line(msgspec.Struct):
    """A line as people write it; other fields are theirs."""

    id: str
    label: str | list[str] | None = None
