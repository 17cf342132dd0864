"""The checkpoints of a training run: which there are, in which order, and which of them are written to the end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import msgspec

from holdfast.core import InputError, Value

__all__ = ["Checkpoint", "find_checkpoints", "incomplete", "signature"]

_LAST_NUMBER = re.compile(r"(\d+)(?!.*\d)")
_REFERENCE = re.compile(r"^[\w.-]+/[\w.-]+(@[\w.-]+)?$|^[a-z]+:|\+")
"""What names a model elsewhere than in a folder: org/name, hub:, lab: and the like, BASE+ADAPTER."""
_INDEX = "model.safetensors.index.json"
_WEIGHTS = "*.safetensors"


class Checkpoint(Value, frozen=True, kw_only=True):
    """One checkpoint of a run."""

    step: int
    """The last number in its name, or its place in the list, from 1, where the name has none."""
    reference: str
    """How it is opened: a folder, BASE+FOLDER for an adapter, or another reference to a model."""
    folder: Path | None = None
    """None for a model that is not in a folder here."""


def find_checkpoints(given: Sequence[str], *, base: str | None = None, every: int = 1) -> list[Checkpoint]:
    """Return the checkpoints by step, first to last.

    Args:
        given: folders that hold checkpoints (`checkpoint-100`, `epoch-3`, ...: any subfolders with a model in them and a number in
            their name), checkpoints, or references to models.
        base: what adapter checkpoints stand on.
        every: only steps that this divides.

    Raises InputError for a folder that is not there, for two checkpoints of one step, and for adapters without a base.
    """
    found = [checkpoint for place, text in enumerate(given, 1) for checkpoint in _of(text, place, base)]
    chosen = sorted((one for one in found if one.step % every == 0), key=lambda one: one.step)
    for one, other in pairwise(chosen):
        if one.step == other.step:
            raise InputError(
                f"{one.reference} and {other.reference} are both checkpoints of step {one.step}. Give those of one training run."
            )
    return chosen


def _of(text: str, place: int, base: str | None) -> list[Checkpoint]:
    folder = Path(text)
    if not folder.is_dir():
        if not _REFERENCE.search(text):
            raise InputError(
                f"{text}: expected a folder with checkpoints in it (checkpoint-100, ...), a checkpoint, or a model such as org/name, "
                "and no such folder is there. Name the folder that the training writes to."
            )
        return [Checkpoint(step=_step(text, place), reference=text)]
    if _is_model(folder):
        return [_checkpoint(folder, _step(folder.name, place), base)]
    inside = [child for child in folder.iterdir() if child.is_dir() and _LAST_NUMBER.search(child.name) and _is_model(child)]
    return [_checkpoint(child, _step(child.name, 0), base) for child in inside]


def _checkpoint(folder: Path, step: int, base: str | None) -> Checkpoint:
    if not (folder / "adapter_config.json").is_file():
        return Checkpoint(step=step, reference=str(folder), folder=folder)
    if base is None:
        raise InputError(f"{folder}: is an adapter, and nothing says what it stands on. Name the model with --base.")
    return Checkpoint(step=step, reference=f"{base}+{folder}", folder=folder)


def _is_model(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("config.json", "adapter_config.json"))


def _step(name: str, place: int) -> int:
    number = _LAST_NUMBER.search(name)
    return int(number[1]) if number else place


def incomplete(checkpoint: Checkpoint) -> str | None:
    """Return what is missing in a checkpoint's folder, for people; None where it is all there, or is no folder."""
    folder = checkpoint.folder
    if folder is None:
        return None
    index = folder / _INDEX
    if index.is_file():
        try:
            listed = set(msgspec.json.decode(index.read_bytes())["weight_map"].values())
        except (OSError, msgspec.DecodeError, KeyError, TypeError, AttributeError):
            return f"{_INDEX} cannot be read"
        missing = sorted(name for name in listed if not (folder / str(name)).is_file())
        return f"{missing[0]} is missing" if missing else None
    return None if any(folder.glob(_WEIGHTS)) else "there are no weights in safetensors files"


def signature(checkpoint: Checkpoint) -> str:
    """Return names, sizes and times of the files that a model is read from: cheap to ask, and another one after any change."""
    if checkpoint.folder is None:
        return checkpoint.reference
    files = sorted(path for path in checkpoint.folder.iterdir() if path.suffix in (".safetensors", ".json", ".jinja", ".model"))
    # What `holdfast watch` writes beside the weights changes nothing about the model.
    kept = [path for path in files if not path.name.startswith("holdfast") and path.name != "trainer_state.json"]
    return ";".join(f"{path.name}:{path.stat().st_size}:{path.stat().st_mtime_ns}" for path in kept)
