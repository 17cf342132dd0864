"""The models of a run folder: from what it was asked, and for several stages in one from the comparison that its verdict is about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import RunFolderError
from holdfast.history.values import RunModel
from holdfast.plugins import ModelFingerprint
from holdfast.runs import Manifest

__all__ = ["JOINED", "asked_in_full", "decoded", "models_inside", "models_of", "placed"]

_RUN, _SEARCH = "run", "mitigate auto"
JOINED = (_RUN, _SEARCH)
"""Stages whose models were compared in run folders inside of theirs, which say what was made from what."""
_STORY, _FOUND = "story.json", "search.json"
_TUNED = "tuned"


class _Step(msgspec.Struct):
    name: str
    key: str = ""
    folder: str | None = None


class _Judged(msgspec.Struct, frozen=True):
    policy_digest: str = ""


class _Story(msgspec.Struct):
    """What is read of a pipeline's story."""

    steps: tuple[_Step, ...] = ()
    model: str | None = None
    verdict: _Judged = _Judged()


class _Found(msgspec.Struct):
    """What is read of a search for a repair."""

    recommended: str | None = None


def models_of(asked: dict[str, Any], steps: Sequence[dict[str, Any]] = ()) -> tuple[RunModel, ...]:
    """Return the models that a run was asked about, from the first parent to the last child."""
    between = [(f"step {place}", step) for place, step in enumerate(steps, 1)]
    named = [("base", asked.get("base")), *between, ("tuned", asked.get("tuned"))]
    return tuple(
        RunModel(
            side=side,
            reference=said["reference"],
            place=placed(said["reference"]),
            fingerprint=msgspec.convert(said["fingerprint"], ModelFingerprint),
        )
        for side, said in named
        if isinstance(said, dict) and said.get("fingerprint")
    )


def models_inside(folder: Path, stage: str) -> tuple[RunModel, ...]:
    """Return base and tuned model of a run of several stages: those of its comparison of the model that its verdict is about."""
    if stage == _SEARCH:
        found = _read(folder / _FOUND, _Found)
        return () if found is None else _compared(folder, f"trials/{found.recommended or _TUNED}/report")
    story = _read(folder / _STORY, _Story) if stage == _RUN else None
    for step in reversed(story.steps if story is not None else ()):
        models = _compared(folder, step.folder) if step.name.startswith("compare") and step.folder is not None else ()
        if story is not None and models and models[-1].reference == story.model:
            return models
    return ()


def asked_in_full(folder: Path, manifest: Manifest, models: Sequence[RunModel]) -> dict[str, Any]:
    """Return what a run was asked, and what tells it from another for which the manifest says the same.

    A pipeline's manifest holds its name only, so that its file may change: its models, steps and policy are added. A search's lacks the
    model that it recommends.
    """
    sides = {model.side: {"reference": model.reference, "fingerprint": msgspec.to_builtins(model.fingerprint)} for model in models}
    if manifest.stage == _SEARCH and _TUNED in sides:
        return {**manifest.asked, "recommended": sides[_TUNED]}
    story = _read(folder / _STORY, _Story) if manifest.stage == _RUN else None
    if story is None:
        return manifest.asked
    steps = {step.name: step.key for step in story.steps if step.key}
    return {**manifest.asked, **sides, "steps": steps, "policy": story.verdict.policy_digest}


def placed(reference: str) -> str:
    """Return a reference with the paths in it made whole, as seen from the folder of the command that ran."""
    kind, colon, rest = reference.partition(":")
    if colon and Path(rest).exists():
        return f"{kind}:{Path(rest).absolute()}"
    return "+".join(str(Path(part).absolute()) if part and Path(part).exists() else part for part in reference.split("+"))


def decoded(path: Path, kind: Any) -> Any:
    """Return a file of a run folder, None where it is not there; raises RunFolderError where it holds something else."""
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RunFolderError(f"{path}: expected what Holdfast writes there, got something else ({error}).") from error


def _compared(folder: Path, within: str) -> tuple[RunModel, ...]:
    """Return the models of a comparison inside of a run folder; none where it lies elsewhere."""
    inside = folder / within
    if not inside.resolve().is_relative_to(folder.resolve()):
        return ()
    manifest = decoded(inside / "run.json", Manifest)
    return models_of(manifest.asked) if manifest is not None else ()


def _read(path: Path, kind: Any) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
