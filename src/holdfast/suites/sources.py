"""Where prompts come from: a file, a folder of files, or a hub data set at a pinned commit."""

from __future__ import annotations

import os
import re
from fnmatch import fnmatch
from pathlib import Path

from holdfast.core import SuiteError, Value
from holdfast.suites.formats import SUFFIXES, read_file
from holdfast.suites.hub import HubQuery, LoadDataset, is_hub, parse_hub, read_hub
from holdfast.suites.tables import HeaderlessColumns, Row, Table

__all__ = ["SourceHints", "read_source"]


class SourceHints(Value, frozen=True, kw_only=True):
    """What is known of a source before it is opened."""

    files: tuple[str, ...] = ()
    """Patterns of file names in a folder; where some match, only those are read."""
    headerless: HeaderlessColumns | None = None
    hub: HubQuery = HubQuery()


def read_source(source: str, hints: SourceHints, *, load_dataset: LoadDataset | None = None) -> Table:
    """Return all rows of a source; raises SuiteError where it is missing, empty, broken or an unpinned hub id.

    `load_dataset` stands in for the function of that name in `datasets`, which is imported only when a hub id is read.
    """
    if is_hub(source):
        repository, commit = parse_hub(source)
        table = read_hub(repository, commit, hints.hub, load_dataset=load_dataset)
    else:
        table = _read_path(Path(source), hints)
    if not table.rows:
        raise SuiteError(f"{source}: the suite is empty; expected at least one prompt in {', '.join(table.files) or 'a file'}.")
    return table


def _read_path(path: Path, hints: SourceHints) -> Table:
    if os.path.isdir(path):  # pathlib raises for a name that is too long
        paths = _files_in(path, hints.files)
    elif os.path.exists(path):
        paths = [path]
    else:
        hub = "" if path.suffix or path.is_absolute() else f" A data set on the hub is written hub:{path.as_posix()}@COMMIT."
        raise SuiteError(f"{path}: there is no such file or folder.{hub}")
    rows: list[Row] = []
    for file in paths:
        rows += read_file(file, hints.headerless)
    columns = tuple(dict.fromkeys(name for row in rows for name in row.fields))
    return Table(name=path.name, columns=columns, rows=tuple(rows), files=tuple(file.name for file in paths))


def _files_in(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    found = [entry for entry in folder.iterdir() if entry.is_file() and entry.suffix.lower() in SUFFIXES]
    if not found:
        raise SuiteError(f"{folder}: no file in this folder ends in {', '.join(SUFFIXES)}.")
    chosen = [entry for entry in found if any(fnmatch(entry.name.lower(), pattern) for pattern in patterns)]
    return sorted(chosen or found, key=lambda entry: _natural(entry.name))


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that puts category_2 before category_10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
