"""What lies where a model or judge reference points: files on this machine, and one digest over them.

No model is opened for it: a digest costs one reading of the files, and whoever only looks at an old result loads no tensors.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from holdfast.core import InputError, digest, digest_file
from holdfast.plugins.registry import names

__all__ = ["file_digest", "judge_contents", "judge_stamps", "model_contents", "model_files", "model_of_judge", "place_exists"]

_READ = (".jinja", ".json", ".model", ".py", ".safetensors", ".tiktoken", ".txt")
"""What a model is loaded from; logs, notes and checkpoints beside it change no answer."""
_ELSEWHERE = "hub:"

Stamp = tuple[str, int, int, int, int]
"""Path, size, times of writing and of change, and number of a file: equal for one that nobody wrote to in between."""


def model_of_judge(reference: str) -> str | None:
    """Return the model of a judge reference, or the reference where it is a model alone; None for a judge without one.

    >>> model_of_judge("guard/qwen3=./folder"), model_of_judge("./folder"), model_of_judge("refusal")
    ('./folder', './folder', None)
    """
    name, separator, model = reference.partition("=")
    if separator:
        return model or None
    return None if name in names("judge") or name.partition("/")[0] in names("judge") else reference


def judge_contents(reference: str) -> str | None:
    """Return a SHA-256 over the files that a judge reference, or a model alone, names on this machine; None where it names none.

    File names count and folders do not, so that a model that was moved is the same. Hub ids and servers are not on this machine.
    Raises InputError for a file that cannot be read.
    """
    return model_contents(model_of_judge(reference) or "")


def model_contents(model: str) -> str | None:
    """Return the same for a model reference in its most basic form (`resolve_reference`), whatever signs its name holds."""
    found = [[(path.name, file_digest(path)) for path in files] for files in _parts(model)]
    return digest(found) if found else None


def judge_stamps(reference: str) -> tuple[Stamp, ...]:
    """Return what tells cheaply whether somebody wrote to those files; it holds within one process only."""
    return tuple(_stamp(path) for files in _parts(model_of_judge(reference) or "") for path in files)


def _parts(model: str) -> Iterator[list[Path]]:
    """Return, for each folder or file that is named, the files that are read of it."""
    for path in _places(model):
        yield model_files(path) if path.is_dir() else [path]


def _places(model: str) -> list[Path]:
    if not model or model.startswith(_ELSEWHERE):
        return []
    kind, separator, rest = model.partition(":")
    for whole in (model, rest) if separator and "/" not in kind else (model,):
        cuts = [index for index, letter in enumerate(whole) if letter == "+"]
        # BASE+ADAPTER; a name with a plus sign is taken whole where there is such a folder.
        parts = dict.fromkeys(part for cut in cuts for part in (whole[:cut], whole[cut + 1 :]))
        found = [whole] if place_exists(whole) else [part for part in parts if place_exists(part)]
        if found:
            return [Path(part).expanduser() for part in found]
    return []


def place_exists(name: str) -> bool:
    """Tell whether a text names a file or folder that is there; a blank text names none, and neither does the root of all folders."""
    # pathlib reads an empty text as the working directory, and raises for names that are too long.
    return bool(name.strip()) and os.path.exists(path := os.path.expanduser(name)) and os.path.realpath(path) != os.sep


def model_files(folder: Path) -> list[Path]:
    """Return the files of a folder that a model is loaded from, sorted."""
    return sorted(file for file in folder.iterdir() if file.suffix in _READ and file.is_file())


def file_digest(path: Path) -> str:
    """Return a file's SHA-256, read once while nobody writes to it; raises InputError for a file that cannot be read."""
    return _digest(_stamp(path))


def _stamp(path: Path) -> Stamp:
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    return str(path.resolve()), status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


@lru_cache(maxsize=4096)
def _digest(stamp: Stamp) -> str:
    # Several sets are scanned with one judge, and every step of a run asks for the same weights, which may take long to read.
    try:
        return digest_file(Path(stamp[0]))
    except OSError as error:
        raise InputError(f"{stamp[0]}: cannot be read ({error.strerror}).") from error
