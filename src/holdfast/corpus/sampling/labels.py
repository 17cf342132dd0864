"""Labels that people gave to the rows of a sample, brought back as JSON Lines or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec

from holdfast.core import InputError, Value, did_you_mean

__all__ = ["Labels", "read_labels"]

_NONE = ("none", "ok")


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
            several times, with a label each; 'none' or 'ok' says that it was looked at and has no defect. A row without a label, or
            with an empty one, was not looked at: that is how the rows are given out.
        ids: of the sample's rows.

    Raises InputError for a file that cannot be read, for ids that the sample does not have, and for a row that has both a label and
    'none'.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}).") from error
    known: dict[str, bool] = {}
    rows: dict[str, dict[str, None]] = {}
    for line, row, label in _csv(text, path) if path.suffix == ".csv" else _json_lines(text, path):
        if row not in ids:
            raise InputError(f"{path}:{line}: {row!r} is no row of this sample. {did_you_mean(row, ids)[:200]}")
        if not label:
            continue
        clean = label.lower() in _NONE
        if known.setdefault(row, clean) != clean:
            said = f"{label!r} stands beside {'another label' if clean else 'none'}"
            raise InputError(f"{path}:{line}: row {row!r} is labelled twice, and {said}. Leave one of them.")
        if not clean:
            rows.setdefault(label, {})[row] = None
    if not known:
        raise InputError(
            f"{path}: holds no label. Give each row of the sample that you looked at a label, or 'none' where it has no defect."
        )
    return Labels(known=tuple(known), rows={label: tuple(found) for label, found in sorted(rows.items())})


def _json_lines(text: str, path: Path) -> Iterator[tuple[int, str, str]]:
    # Not splitlines: it also breaks lines at U+2028 and others, which may stand inside a text.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            one = msgspec.json.decode(line, type=_Line)
        except msgspec.DecodeError as error:
            raise InputError(f"{path}:{number}: expected an object with id and label, got something else ({error}).") from error
        for label in [one.label] if isinstance(one.label, str) else one.label or []:
            yield number, one.id, label.strip()


def _csv(text: str, path: Path) -> Iterator[tuple[int, str, str]]:
    # The texts of documents may stand in a column of their own, and are longer than what csv takes for a field.
    limit = csv.field_size_limit(max(len(text), 1 << 17))
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        if not {"id", "label"} <= set(reader.fieldnames or ()):
            raise InputError(f"{path}: expected the columns id and label, got {', '.join(reader.fieldnames or ()) or 'none'}.")
        for row in reader:
            yield reader.line_num, row["id"] or "", (row["label"] or "").strip()
    except csv.Error as error:
        raise InputError(f"{path}: after line {reader.line_num}: expected CSV, got something else ({error}).") from error
    finally:
        csv.field_size_limit(limit)


class _Line(msgspec.Struct):
    """A line as people write it; other fields are theirs."""

    id: str
    label: str | list[str] | None = None
