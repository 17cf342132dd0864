"""Which files a source has, in one order on every machine."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from holdfast.core import InputError, Value, did_you_mean
from holdfast.corpus.sources.opening import filesystem, is_address
from holdfast.corpus.sources.shards import FormatName
from holdfast.corpus.sources.tables import hub_rows
from holdfast.corpus.spec import SourceSpec

__all__ = ["FORMATS", "Found", "Listing", "list_source"]

_ENDINGS: dict[str, FormatName] = {
    ".wet": "wet", ".warc": "warc", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".parquet": "parquet",
    ".txt": "text", ".text": "text", ".md": "text", ".rst": "text", ".tex": "text", ".html": "text",
}  # fmt: skip
"""What a name's ending says; '.json' is read as JSON Lines, as crawls name them."""
_PACKED = (".gz", ".zst", ".zstd")
FORMATS = ("text", "lines", "jsonl", "parquet", "warc", "wet")


class Found(Value, frozen=True, kw_only=True):
    """One file of a source."""

    file: str
    name: str
    """Relative to what the source names."""
    size: int
    """Bytes; rows for a hub data set."""
    stamp: str
    format: FormatName
    packed: bool


class Listing(Value, frozen=True, kw_only=True):
    """All files of one source, sorted by name."""

    files: tuple[Found, ...]
    skipped: tuple[str, ...] = ()
    """Names of files that are left out, since their ending says nothing and the source names no format."""


def list_source(source: SourceSpec) -> Listing:
    """Return a source's files; raises InputError where there is none, or a format is not known."""
    if source.format is not None and source.format not in FORMATS:
        raise InputError(f"sources: {source.name}: format {source.format!r} is not known. {did_you_mean(source.format, FORMATS)}")
    if not source.path.strip():
        raise InputError(f"sources: {source.name}: path is empty. Give a file, a folder, a glob, an address or a hub id.")
    if source.path.startswith("hub:"):
        return _hub(source)
    found, skipped = [], []
    for file, name, size, stamp in sorted(_remote(source.path) if is_address(source.path) else _local(source.path), key=lambda one: one[1]):
        format, packed = _told(name)
        format = source.format or format
        if any(part.startswith(".") for part in name.split("/")):
            continue
        if not format:
            skipped.append(name)
            continue
        found.append(Found(file=file, name=name, size=size, stamp=stamp, format=format, packed=packed))
    if not found:
        ends = ", ".join(_ENDINGS)
        why = f" {len(skipped)} files have none of the endings {ends}; name the `format` of the source." if skipped else ""
        raise InputError(f"sources: {source.name}: {source.path}: expected files of documents, found none.{why}")
    return Listing(files=tuple(found), skipped=tuple(skipped))


def _told(name: str) -> tuple[FormatName, bool]:
    """Return the format that a name's ending says, '' where it says none, and whether it says that the file is compressed."""
    lowered = name.lower()
    ending = next((packed for packed in _PACKED if lowered.endswith(packed)), "")
    stem = lowered.removesuffix(ending) if ending else lowered
    return next((format for end, format in _ENDINGS.items() if stem.endswith(end)), ""), bool(ending)


def _local(path: str) -> Iterator[tuple[str, str, int, str]]:
    expanded = os.path.abspath(os.path.expanduser(path))
    root = Path(expanded)
    if root.is_dir():
        files, base = [one for one in root.rglob("*") if one.is_file()], root
    elif root.is_file():
        files, base = [root], root.parent
    else:
        files = [one for one in map(Path, glob.glob(expanded, recursive=True)) if one.is_file()]
        base = Path(expanded[: min((expanded.find(mark) for mark in "*?[" if mark in expanded), default=0)]).parent
        base = base if not files else Path(os.path.commonpath([base, *(one.parent for one in files)]))
    for one in files:
        status = one.stat()
        yield str(one), one.relative_to(base).as_posix(), status.st_size, str(status.st_mtime_ns)


def _remote(address: str) -> Iterator[tuple[str, str, int, str]]:
    fs, path = filesystem(address)
    scheme = address.partition("://")[0]
    try:
        if any(mark in path for mark in "*?["):
            infos = fs.glob(path, detail=True)
            base = path[: min(path.find(mark) for mark in "*?[" if mark in path)].rpartition("/")[0]
        elif fs.isdir(path):
            infos, base = fs.find(path, detail=True), path.rstrip("/")
        else:
            infos, base = {path: fs.info(path)}, path.rpartition("/")[0]
    except (OSError, PermissionError) as error:
        raise InputError(f"{address}: cannot be listed ({error}).") from error
    for name, info in infos.items():
        if info.get("type") != "file":
            continue
        file = name if is_address(name) else f"{scheme}://{name}"
        yield file, name.removeprefix(base).lstrip("/"), int(info.get("size") or 0), _stamp(info)


def _stamp(info: dict[str, Any]) -> str:
    """Return what tells one state of an object from another: its tag, its generation or its time of writing."""
    for name in ("ETag", "etag", "generation", "md5Hash", "LastModified", "updated", "mtime", "created"):
        if info.get(name):
            return str(info[name])
    return ""


def _hub(source: SourceSpec) -> Listing:
    rows = hub_rows(source.path)
    name = source.path.removeprefix("hub:")
    one = Found(file=source.path, name=name, size=len(rows), stamp=name.partition("@")[2], format="hub", packed=False)
    return Listing(files=(one,))
