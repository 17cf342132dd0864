"""`open_dataset`: whatever people keep training rows in, as one set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
from msgspec import structs

from holdfast.core import InputError
from holdfast.records.containers.sniffing import ENDINGS, ending_of
from holdfast.records.dataset import Dataset
from holdfast.records.files import SourceFile
from holdfast.records.formats.detecting import detect, format_named
from holdfast.records.formats.format import Roles, Row, RowError
from holdfast.records.formats.roles import roles_with
from holdfast.records.hub import LoadDataset, is_saved_dataset, load_hub, load_saved, looks_like_hub, one_split
from holdfast.records.limits import Limits

__all__ = ["open_dataset"]

_SAMPLE = 100
_TRIED = 1000
_RUN = "run.json"
_MOST_RUN = 1 << 26
_NO_ROWS = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json", "package.json", "config.json")


def open_dataset(
    source: str | Path | object,
    *,
    format: str | None = None,  # the word that people use for it
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
    split: str | None = None,
    max_bad_rows: int | None = None,
    max_line_bytes: int | None = None,
    max_expanded_bytes: int | None = None,
    load_dataset: LoadDataset | None = None,
) -> Dataset:
    """Open training rows in any known format; the format of each file is told from its first rows.

    `source` is a file (.jsonl, .json, .csv, .tsv, .txt, .parquet; .gz and .zst of the text ones), a folder of such files, a
    folder that `datasets` saved, a hub id pinned to a commit (`hub:org/name@COMMIT`), or rows in memory: a list of dicts, a
    `pyarrow.Table`, a `datasets.Dataset`. `format` names the format, `columns` maps fields to columns
    (`{"request": "text", "answer": "label"}`), `roles` maps a file's names of roles to system, user, assistant or tool.
    `max_bad_rows` is a number of rows; None allows 1 % of them, or 10 where that is no more than a tenth. `load_dataset` stands in
    for that of `datasets`.
    Raises InputError, naming the file, for what cannot be read or is of no known format.
    """
    known: dict[str, Any] = {"max_bad_rows": max_bad_rows, "max_expanded_bytes": max_expanded_bytes}
    limits = Limits(**known) if max_line_bytes is None else Limits(**known, max_line_bytes=max_line_bytes)
    if format is not None:
        format_named(format)
    files, skipped, folder = _files_of(source, limits, split, load_dataset)
    mapped, known_roles = dict(columns or {}), roles_with(roles)
    for file in files:
        _tell_format(file, format, mapped, known_roles)
    return Dataset(files, roles=known_roles, limits=limits, named=format, mapped=mapped, skipped=skipped, folder=folder)


def _files_of(
    source: object, limits: Limits, split: str | None, load_dataset: LoadDataset | None
) -> tuple[list[SourceFile], list[str], Path | None]:
    if isinstance(source, str | Path):
        if not str(source).strip():
            raise InputError(
                "the path of the rows is empty, expected a file or a folder of training rows. Look for a name that is not set."
            )
        path = Path(source)
        if not path.exists() and looks_like_hub(str(source)):
            return [_held(load_hub(str(source), split, load_dataset), str(source), limits)], [], None
        if is_saved_dataset(path):
            return [_held(load_saved(path, split), path.name, limits)], [], None
        if path.is_dir():
            files, skipped = _files_in(path, limits)
            return files, skipped, path
        if not path.exists():
            raise InputError(f"{path}: expected a file or a folder of training rows, and there is none.")
        if not path.is_file():
            raise InputError(f"{path}: expected a file or a folder of training rows, and this is neither.")
        return [SourceFile(path=path, source=path.name, limits=limits)], [], None
    if isinstance(source, pa.Table):
        return [_held(source, "table", limits)], [], None
    if isinstance(source, list | tuple):
        return [_held(list(source), "rows", limits)], [], None
    return [_held(one_split(source, split), "dataset", limits)], [], None


def _held(rows: Any, source: str, limits: Limits) -> SourceFile:
    return SourceFile(path=None, source=source, limits=limits, held=rows)


def _files_in(folder: Path, limits: Limits) -> tuple[list[SourceFile], list[str]]:
    found: list[SourceFile] = []
    skipped: list[str] = []
    paths = sorted(folder.rglob("*"))
    runs = {path.parent for path in paths if path.name == _RUN and path.parent != folder and _is_run(path)}
    for path in paths:
        name = path.relative_to(folder).as_posix()
        if path in runs and runs.isdisjoint(path.parents):
            skipped.append(f"{name}: a run folder, which holds what was found in rows and none to train on")
        if not path.is_file() or not runs.isdisjoint(path.parents):
            continue
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            skipped.append(f"{name}: hidden")
        elif path.name in _NO_ROWS:
            skipped.append(f"{name}: describes a data set and holds no rows")
        elif not ending_of(path)[0]:
            skipped.append(f"{name}: none of the endings {', '.join(ENDINGS)}")
        else:
            found.append(SourceFile(path=path, source=name, limits=limits))
    if not found:
        beside = " outside of run folders" if runs else ""
        raise InputError(
            f"{folder}: expected files that end in {', '.join(ENDINGS)} (or these with .gz or .zst), and there is none{beside}."
        )
    return found, skipped


def _is_run(manifest: Path) -> bool:
    """Tell whether a file is the manifest that every run folder of Holdfast has: other tools have files of that name too."""
    try:
        found = msgspec.json.decode(manifest.read_bytes()) if manifest.stat().st_size <= _MOST_RUN else None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(found, dict) and {"stage", "holdfast", "asked"} <= found.keys()


def _tell_format(file: SourceFile, named: str | None, mapped: Mapping[str, str], roles: Roles) -> None:
    where = file.source if file.path is None else str(file.path)
    rows: list[Row] = []
    reasons: list[str] = []
    for row, reason in _first_rows(file):
        rows += [row] if row is not None else []
        reasons += [reason] if row is None else []
        if len(rows) >= _SAMPLE or len(reasons) >= _TRIED:
            break
    if rows:
        found = detect(rows, where=where, named=named, mapped=mapped, roles=roles)
        key = file.sniffed.key
        file.detected = structs.replace(found, why=f"{found.why}; the rows stand under {key!r}") if key else found
    elif reasons:
        raise InputError(f"{where}: none of the first {len(reasons)} rows can be read. The first: {reasons[0]}.")


def _first_rows(file: SourceFile) -> Iterator[tuple[Row | None, str]]:
    container = file.open()
    for chunk in container.chunks():
        for at in range(0, len(chunk.records), _SAMPLE):
            for index, row in container.decode(chunk, range(at, min(at + _SAMPLE, len(chunk.records)))):
                if isinstance(row, RowError):
                    yield None, f"{file.source}:{chunk.lines[index]}: {row}"
                else:
                    yield row, ""
