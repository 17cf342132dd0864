"""What lies where settings point: a digest per file and folder that is named, so that no stored result answers a changed question.

A walk over all values, and no list of settings: one that is added later is covered, too.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import digest
from holdfast.plugins import file_digest, model_files, names, place_exists
from holdfast.policy import load_policy, policy_names

__all__ = ["contents_named"]

_MODEL = ("config.json", "adapter_config.json")
_ENSEMBLE = "ensemble"
_NO_FILES = ("hub", "lab")
"""What follows these prefixes is a name, whatever lies in the working directory."""
_LONGEST = 4096
_MOST_CUTS = 16


def contents_named(settings: Any, *, besides: Path | None = None) -> dict[str, str]:
    """Return a digest for every place in `settings` whose value names something on this machine; others are left out.

    A model folder counts with the files that it is loaded from, any other folder with all files below it; file times and places do not
    count. A policy counts with its gates, included ones too, and a command with the files among its words, except logs. Whatever lies in
    `besides` (the run's own folder) is left out of folders. Raises InputError for a file that cannot be read, PolicyError for a policy.
    """
    own = besides.resolve() if besides is not None else None
    found = ((where, _value(where.rpartition(".")[2], value, own)) for where, value in _strings(msgspec.to_builtins(settings), ""))
    return {where: digest(parts) for where, parts in found if parts}


def _strings(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _strings(part, f"{where}.{key}" if where else str(key))
    elif isinstance(value, (list, tuple)):
        for index, part in enumerate(value):
            yield from _strings(part, f"{where}[{index}]")


def _value(key: str, value: str, own: Path | None) -> list[Any]:
    """Return what the value of a setting leads to; nothing where it leads to no file."""
    setting = key.partition("[")[0]
    if setting == "policy":
        known = value in policy_names() or not place_exists(value)
        return [] if known else [digest(load_policy(value))]
    if setting == "command":
        # Folders among the words may be where the command writes.
        files = [path for word in _words(value) for path in _places(word) if path.is_file() and path.suffix != ".log"]
        return [_contents(path, own) for path in files]
    if (setting == "suites" and value in names("suite")) or (setting == "judge" and value in names("judge")):
        return []
    found: list[Any] = []
    for path in _places(value):
        found.append(_contents(path, own))
        if value.startswith(f"{_ENSEMBLE}:") and path.is_file():
            found += [part for _, name in _strings(_members(path), "") for part in _value("", name, own)]
    return found


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return []


def _members(path: Path) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None  # whoever opens it says what is wrong with it


def _places(value: str) -> list[Path]:
    """Return the paths in `PATH`, `NAME=PATH`, `KIND:PATH`, `PATH@REVISION` and `BASE+ADAPTER` that exist."""
    if place_exists(value):
        return [Path(value).expanduser()]
    cuts = [-1, *(index for index, letter in enumerate(value) if letter == "+"), len(value)]
    if len(value) > _LONGEST or len(cuts) > _MOST_CUTS:
        return []
    # A name may hold plus signs of its own, so every run of parts may be one path.
    runs = [value[start + 1 : end] for index, start in enumerate(cuts) for end in cuts[index + 1 :]]
    found = [name for run in runs for name in _forms(run) if place_exists(name)]
    return [Path(name).expanduser() for name in dict.fromkeys(found)]


def _forms(text: str) -> Iterator[str]:
    """Return what may be a path in one reference: all of it, and what follows each sign, with and without a revision."""
    start = 0
    for end in [*(index for index, letter in enumerate(text) if letter in "=:"), len(text)]:
        yield text[start:]
        if "@" in text[start:]:
            yield text[start:].rpartition("@")[0]
        if text[start:end] in _NO_FILES:
            return
        start = end + 1


def _contents(path: Path, own: Path | None) -> Any:
    """Return the digest of a file, or those of a folder's files by name."""
    if not path.is_dir():
        return file_digest(path) if path.is_file() else "no file"
    if any((path / name).is_file() for name in _MODEL):
        return [[file.name, file_digest(file)] for file in model_files(path)]
    return [[str(file.relative_to(path)), file_digest(file)] for file in sorted(_below(path, own))]


def _below(path: Path, own: Path | None) -> Iterator[Path]:
    for place, folders, files in os.walk(path):
        here = Path(place)
        folders[:] = [name for name in folders if not name.startswith(".") and (here / name).resolve() != own]
        yield from (here / name for name in files if not name.startswith(".") and (here / name).is_file())
