"""Reading an Inspect log file without Inspect: a zip of JSON (`.eval`), its members deflated or Zstandard, or one JSON file.

The format is that of https://inspect.aisi.org.uk/eval-logs.html: `header.json` and `samples/ID_epoch_N.json`. Members are read
into memory one at a time, never written to disk, and none may be larger than 256 MiB when unpacked.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import zstandard

from holdfast.core import InputError

__all__ = ["read_samples"]

_ZSTANDARD = 93
"""The zip format's number for Zstandard, which Python's own zipfile reads from 3.14 on only."""
_LOCAL_HEADER = 30
_LARGEST = 256 << 20
_WHAT = "an Inspect log (a .eval file, or one of Inspect's .json logs)"


def read_samples(path: Path) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield (place, header's `eval` part, sample) for each sample of a log, by id and epoch.

    Raises InputError where the file is no log, is damaged, or has a member that is too large.
    """
    if zipfile.is_zipfile(path):
        yield from _zipped(path)
        return
    log = _decode(path.read_bytes(), str(path))
    samples = log.get("samples")
    if not isinstance(log.get("eval"), dict) or not isinstance(samples, list):
        raise InputError(f"{path}: expected {_WHAT}, got other JSON; for recorded answers of your own use replay:FILE.jsonl")
    for number, sample in enumerate(samples):
        yield f"{path}: sample {number + 1}", log["eval"], _object(sample, f"{path}: sample {number + 1}")


def _zipped(path: Path) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as stream:
            members = {info.filename: info for info in archive.infolist()}
            # A log that was not finished has no header yet, and says what it is in its journal.
            start = next((members[name] for name in ("header.json", "_journal/start.json") if name in members), None)
            if start is None:
                raise InputError(f"{path}: expected {_WHAT}, and the archive has no header.json")
            task = _decode(_read(archive, stream, start, path), f"{path}: {start.filename}").get("eval")
            names = sorted(name for name in members if name.startswith("samples/") and name.endswith(".json"))
            for name in names:
                where = f"{path}: {name}"
                yield where, task if isinstance(task, dict) else {}, _decode(_read(archive, stream, members[name], path), where)
    except (zipfile.BadZipFile, zstandard.ZstdError, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise InputError(f"{path}: the log cannot be read ({error}); copy it again from where it was made") from error


def _read(archive: zipfile.ZipFile, stream: IO[bytes], info: zipfile.ZipInfo, path: Path) -> bytes:
    if info.compress_type != _ZSTANDARD:
        with archive.open(info) as member:
            data = member.read(_LARGEST + 1)
    else:
        stream.seek(info.header_offset)
        local = stream.read(_LOCAL_HEADER)
        stream.seek(int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little"), 1)
        packed = stream.read(info.compress_size)
        with zstandard.ZstdDecompressor().stream_reader(packed) as reader:
            data = reader.read(_LARGEST + 1)
        if len(data) <= _LARGEST and zlib.crc32(data) != info.CRC:
            raise zipfile.BadZipFile(f"bad checksum of {info.filename!r}")
    if len(data) > _LARGEST:
        raise InputError(f"{path}: {info.filename!r} is larger than {_LARGEST >> 20} MiB when unpacked, which no log of answers is")
    return data


def _decode(data: bytes, where: str) -> dict[str, Any]:
    try:
        # Scores that are missing are written as NaN, which is no JSON and which only Python's own reader takes.
        found = json.loads(data, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} is not valid JSON ({error}); expected {_WHAT}") from error
    return _object(found, where)


def _object(found: Any, where: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise InputError(f"{where} must be a JSON object, got {type(found).__name__}; expected {_WHAT}")
    return found
