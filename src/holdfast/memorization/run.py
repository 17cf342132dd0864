"""One measurement of memorization from references to measurements, through a run folder that can be killed and gone on with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from holdfast.canaries import CanaryManifest, check_presence, manifest_digest, read_manifest
from holdfast.core import InputError, Measurement, pretty_json
from holdfast.memorization.facts import Memorization, SideFacts
from holdfast.memorization.parts import Part, Sides, exposure, extraction, locators, membership, personal, relearning
from holdfast.memorization.rows import TrainingRows, every_row
from holdfast.memorization.spec import MemorizationSpec
from holdfast.plugins import Engine, open_models
from holdfast.records import Dataset, open_dataset
from holdfast.runs import Manifest, RunFolder

__all__ = ["run_memorization"]

Progress = Callable[[str, int, int], None]


def run_memorization(
    spec: MemorizationSpec, folder: Path, *, command: str, version: str, progress: Progress, engines: Sequence[Engine] | None = None
) -> Memorization:
    """Measure what the tuned model remembers that its base does not; `memorization.json` and the measurements are in `folder` afterwards.

    `engines` gives models that are already open (base, tuned) in place of the references. What cannot be measured is said with its
    reason and stays None. Raises a HoldfastError for anything that the user can mend.
    """
    manifest = read_manifest(spec.canaries) if spec.canaries is not None else None
    dataset = open_dataset(spec.data, **spec.reading()) if spec.data is not None else None
    held_out = open_dataset(spec.held_out, **spec.reading()) if spec.held_out is not None else None
    # Before a model is loaded: a manifest of another file should not cost that time.
    presence = check_presence(manifest, dataset) if manifest is not None and dataset is not None else None
    rows, held = _rows(dataset, manifest, spec.data, "training rows"), _rows(held_out, manifest, spec.held_out, "held-out rows")
    opened = list(engines) if engines is not None else open_models([spec.base, spec.tuned], spec.models)
    try:
        sides = Sides(opened[0], opened[1])
        recorded = next((engine.reference for _, engine in sides.both if engine.recorded_suite() is not None), None)
        if recorded is not None:
            raise InputError(f"{recorded} holds recorded answers, and a recording cannot be asked anything new. Give a model.")
        asked = _asked(spec, sides, manifest, dataset, held_out)
        digests = asked["data"]["digests"]
        with RunFolder(folder, Manifest(stage="memorization", holdfast=version, command=command, seed=spec.seed, asked=asked)) as run:
            parts = [exposure(spec, sides, manifest, presence, run, progress), extraction(spec, sides, rows, run, progress)]
            parts.append(membership(spec, sides, rows, held, run, progress))
            parts += [personal(spec, sides, rows, digests, run, progress), relearning(spec, sides, manifest, run, progress)]
            notes = [*(presence.notes if presence else ()), *(note for one in (rows, held) if one for note in one.notes)]
            result = _joined(spec, sides, manifest, parts, notes, command, version)
            run.write_measurements(result.measurements)
            run.write("memorization.json", pretty_json(result))
            return result
    finally:
        if engines is None:
            for engine in opened:
                engine.close()


def _rows(dataset: Dataset | None, manifest: CanaryManifest | None, where: str | None, what: str) -> TrainingRows | None:
    if dataset is None:
        return None
    return every_row(dataset, where or "the data", what=what, without={canary.text for canary in manifest.canaries} if manifest else ())


def _asked(
    spec: MemorizationSpec, sides: Sides, manifest: CanaryManifest | None, dataset: Dataset | None, held_out: Dataset | None
) -> dict[str, Any]:
    """Return the settings that decide the evidence, for the manifest of the run."""
    settings = msgspec.to_builtins(spec, enc_hook=str)
    for name in ("base", "tuned", "canaries", "data", "held_out", "models"):
        settings.pop(name)
    return {
        # Raised where the same settings give other evidence: values that no tokenizer can write and canaries that tie are left out.
        "rules": 2,
        "base": {"reference": spec.base, "fingerprint": msgspec.to_builtins(sides.base.fingerprint)},
        "tuned": {"reference": spec.tuned, "fingerprint": msgspec.to_builtins(sides.tuned.fingerprint)},
        "canaries": manifest_digest(manifest) if manifest else None,
        "data": {"digests": [file.digest for file in dataset.files] if dataset else []},
        "held_out": {"digests": [file.digest for file in held_out.files] if held_out else []},
        "personal": [one.located_by for one in locators()] if dataset else [],
        "settings": settings,
        "batching": {"batch_tokens": spec.models.batch_tokens, "batch_rows": spec.models.batch_rows, "dtype": spec.models.dtype},
    }


def _joined(
    spec: MemorizationSpec,
    sides: Sides,
    manifest: CanaryManifest | None,
    parts: Sequence[Part],
    notes: Sequence[str],
    command: str,
    version: str,
) -> Memorization:
    measured: list[Measurement] = [one for part in parts for one in part.measurements]
    facts: dict[str, Any] = {}
    for part in parts:
        facts |= part.facts
    if manifest is not None:
        facts |= {"canaries": len(manifest.canaries), "controls": len(manifest.controls), "manifest_sha256": manifest_digest(manifest)}
    return Memorization(
        title=f"{spec.base} against {spec.tuned}",
        base=_side(sides.base),
        tuned=_side(sides.tuned),
        measurements=tuple(measured),
        not_measured={name: reason for part in parts for name, reason in part.not_measured.items()},
        notes=(*notes, *(note for part in parts for note in part.notes)),
        command=command,
        version=version,
        seed=spec.seed,
        **facts,
    )


def _side(engine: Engine) -> SideFacts:
    able = engine.capabilities
    can = {"generation": able.generates, "probabilities": able.scores, "token by token": able.token_scores, "relearning": able.relearns}
    return SideFacts(reference=engine.reference, fingerprint=engine.fingerprint, can=tuple(name for name, yes in can.items() if yes))
