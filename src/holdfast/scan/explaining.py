"""A row by its place, however people and tools write it: as the findings do, as the path was given, as SARIF names it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from holdfast.core import InputError
from holdfast.scan.run import ScanJob

__all__ = ["record_at"]

_DIGITS = 19


def record_at(job: ScanJob, place: str) -> str:
    """Return the place of a row as findings have it, 'FILE:LINE' with the file's name within the data.

    `place` may name the file so, by a path to it, or as SARIF does. Raises InputError where no row begins there, and for one that
    cannot be read: nothing was looked for in it, so that it must not be called clean.
    """
    given, _, digits = place.rpartition(":")
    name = _name_of(job, given)
    if name is None or not (digits.isascii() and digits.isdigit() and len(digits) < _DIGITS):
        known = job.dataset.files[0].source
        raise InputError(f"--explain {place!r}: expected FILE:LINE with a file of the data, for example {known}:1.")
    record = f"{name}:{int(digits)}"
    read, refused = job.dataset.rows_at(name, int(digits))
    if refused:
        raise InputError(f"{record} could not be read, so that nothing was looked for in it: {refused[0].reason}.")
    if not read:
        raise InputError(f"--explain {place!r}: no row begins at line {int(digits)} of {name}. Give the line at which one begins.")
    return record


def _name_of(job: ScanJob, given: str) -> str | None:
    """Return the name of the file of the data that is meant."""
    files = job.dataset.files
    if given in {file.source for file in files}:
        return given
    for path in (given, unquote(given)):
        for file in files:
            if path and file.path is not None and file.path.resolve() == Path(path).expanduser().resolve():
                return file.source
            if path == file.source:
                return file.source
    return None
