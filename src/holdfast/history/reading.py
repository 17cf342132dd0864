"""From a run folder to what the history records of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import HoldfastError, RunFolderError, Verdict
from holdfast.history.place import whole
from holdfast.history.sides import JOINED, asked_in_full, decoded, models_inside, models_of, placed
from holdfast.history.values import RELEASE_PREFIX, Edge, FinishedRun, RunEntry, RunModel
from holdfast.plugins import ModelFingerprint
from holdfast.runs import Manifest, read_measurements

__all__ = ["differing", "holds", "read_run"]

_CARD = "holdfast.json"
_REPAIRED = "models-repaired from.jsonl"
"""Evidence of a comparison with --gain-of: the fine-tune that the tuned side repairs."""


class _Parent(msgspec.Struct):
    fingerprint: str


class _Named(msgspec.Struct):
    reference: str
    fingerprint: ModelFingerprint


class _Card(msgspec.Struct):
    """What is read of a trained model's card; an organism's lacks the parents."""

    parents: tuple[_Parent, ...]


def read_run(folder: Path) -> FinishedRun:
    """Read a run folder; raises RunFolderError where it holds no manifest, or something else under one of its names.

    Raises InputError where its verdict says something else than its gates.
    """
    manifest = decoded(folder / "run.json", Manifest)
    if manifest is None:
        raise RunFolderError(f"{folder} holds no run.json, so it is no run folder. Give the folder of a finished run.")
    compared = decoded(folder / "comparison.json", dict[str, Any]) or {}
    models = models_of(manifest.asked, compared.get("steps", ())) or models_inside(folder, manifest.stage)
    source = _repaired_from(folder)
    measured = (folder / "measurements.json").is_file()
    verdict = decoded(folder / "verdict.json", Verdict)
    return FinishedRun(
        stage=manifest.stage,
        folder=whole(folder),
        command=manifest.command,
        holdfast=manifest.holdfast,
        seed=manifest.seed,
        asked=asked_in_full(folder, manifest, models),
        models=models,
        also=() if source is None else (source,),
        edges=tuple(_edges(models, source, manifest.stage)),
        measurements=read_measurements(folder) if measured else (),
        verdict=None if verdict is None else verdict.checked(folder / "verdict.json"),
    )


def holds(folder: Path, run: str) -> bool:
    """Tell whether a folder holds a run of the history, by the run's id."""
    try:
        return read_run(folder).id == run
    except (HoldfastError, OSError):
        return False


def differing(run: RunEntry) -> str:
    """Return how a run's folder contradicts the history, in a sentence; '' where it does not, or is not there."""
    folder = Path(run.folder)
    if not (folder / "run.json").is_file():
        return ""
    try:
        found = read_run(folder)
    except HoldfastError as error:
        return str(error)
    if found.id != run.id:
        return f"{folder} holds another run by now, or one with other numbers; what is shown is what was recorded of this one."
    if found.verdict is None or (run.verdicts and found.verdict == run.verdicts[0].verdict):
        return ""
    said = f"verdict.json in {folder} says {found.verdict.decision.value} by policy {found.verdict.policy}"
    if any(found.verdict == entry.verdict for entry in run.verdicts):
        return f"{said}: an earlier verdict of this run, and not the newest one here."
    return f"{said}, which the history does not hold. Judge it again: holdfast gate {folder}; or record it: holdfast history add {folder}."


def _edges(models: Sequence[RunModel], source: RunModel | None, stage: str) -> Iterator[Edge]:
    trained = [edge for model in models for edge in _trained_from(model)]
    yield from trained
    child = models[-1].id if models else ""
    # What was trained anew to repair a fine-tune was made from what its card says.
    if source is not None and source.id != child and child not in {edge.child for edge in trained}:
        yield Edge(parent=source.id, child=child, how="mitigate")
    if stage not in JOINED:
        yield from _compared(models, stage)


def _repaired_from(folder: Path) -> RunModel | None:
    """Return the fine-tune that a comparison's tuned side repairs, as the evidence holds it; None where none was named."""
    try:
        first = (folder / "evidence" / _REPAIRED).read_bytes().partition(b"\n")[0]
        found = msgspec.json.decode(first, type=_Named)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return RunModel(side="repaired from", reference=found.reference, place=placed(found.reference), fingerprint=found.fingerprint)


def _compared(models: Sequence[RunModel], stage: str) -> Iterator[Edge]:
    for parent, child in pairwise(models):
        if parent.id != child.id and not parent.reference.startswith(RELEASE_PREFIX):
            yield Edge(parent=parent.id, child=child.id, how=stage)


def _trained_from(model: RunModel) -> Iterator[Edge]:
    """Yield what the card in a trained model's folder says of its parent; nothing for a model that lies elsewhere, or has no card."""
    card = Path(model.place.rpartition("+")[2]) / _CARD
    try:
        made = msgspec.json.decode(card.read_bytes(), type=_Card)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return  # an organism's card, or a stranger's: it is no record of a training
    for parent in made.parents[:1]:
        if parent.fingerprint != model.id:
            yield Edge(parent=parent.fingerprint, child=model.id, how="train")
