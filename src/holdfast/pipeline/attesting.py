"""Papers for a verdict, and the check that a verdict and some weights belong together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from holdfast.core import InputError, Measurement, RunFolderError, Value, Verdict, digest_file, pretty_json
from holdfast.plugins import ModelFingerprint, ModelOptions, open_models, resolve_reference
from holdfast.policy import hold_to_measurements
from holdfast.provenance import Subject, bill_of_materials, card_section, result_statement, subject
from holdfast.runs import Manifest, read_measurements, write_atomically

__all__ = ["Attested", "Verified", "attest", "card", "verify"]

_STATEMENT, _BILL = "verdict.intoto.json", "mlbom.cdx.json"
_VERDICT = "verdict.json"
_RESTS_ON = ("run.json", "measurements.json", _VERDICT)
_EVIDENCE = ("comparison.json", "evidence/responses.jsonl", "evidence/grades.jsonl")
"""What the measurements were taken from, as far as a run kept it."""


_AUTO = "auto"
_HELD_AS = (_AUTO, "bfloat16", "float16")


class Attested(Value, frozen=True, kw_only=True):
    """The papers that were written."""

    statement: str
    bill: str
    files: int
    """Files of the model that the statement names; 0 for one that does not lie here."""


class Verified(Value, frozen=True, kw_only=True):
    """Whether a run's verdict is about some weights, and what that verdict is."""

    reference: str
    fingerprint: str
    """Of the weights that lie there."""
    tested: str
    """Of the weights that were tested."""
    changed: tuple[str, ...]
    """Files, of the model or of the run, that are not what they were when the statement was written."""
    verdict: Verdict

    @property
    def belongs(self) -> bool:
        """The same weights, and nothing of the run was changed since."""
        return self.fingerprint == self.tested and not self.changed


class _Run(Value, frozen=True, kw_only=True):
    manifest: Manifest
    verdict: Verdict
    measurements: tuple[Measurement, ...]
    base: Subject | None
    tuned: Subject

    @property
    def data(self) -> str | None:
        """Digest of the training data, where the run was given it."""
        found = self.manifest.asked.get("data")
        return found if isinstance(found, str) and found else None


def attest(folder: Path, *, model: str | None = None) -> Attested:
    """Write an in-toto statement and a CycloneDX bill of materials beside the verdict of a run.

    Args:
        folder: a run folder with a tuned model and a verdict.
        model: where the tuned model lies, if not where the run found it. It must be the one that was tested.

    Raises:
        RunFolderError: for a folder without verdict or tuned model.
        InputError: where other weights than the tested ones lie at `model`.
    """
    run = _checked(folder)
    tuned = run.tuned if model is None else _located(model, run.tuned.fingerprint)
    if tuned.files:
        found = _fingerprint(model or run.tuned.reference, run)
        if found != tuned.fingerprint:
            raise InputError(f"{tuned.reference}: other weights lie there than {folder} tested. Name the tested model with --model.")
    kept = [name for name in _EVIDENCE if (folder / name).is_file()]
    files = {name: digest_file(folder / name) for name in (*_RESTS_ON, *kept)}
    bill = bill_of_materials(tuned, run.base, run.verdict, run.measurements, version=run.manifest.holdfast, data=run.data)
    statement = write_atomically(folder / _STATEMENT, pretty_json(result_statement(tuned, run.verdict, files)))
    return Attested(statement=str(statement), bill=str(write_atomically(folder / _BILL, pretty_json(bill))), files=len(tuned.files))


def verify(folder: Path, *, model: str | None = None) -> Verified:
    """Tell whether a run's verdict is about the weights that lie at `model`, by default where the run found them.

    The whole model is read. Where a statement lies beside the verdict, every file that it names is held against it too.
    """
    run = _read(folder)
    reference = model or run.tuned.reference
    now = _fingerprint(reference, run)
    changed = _changed(folder, _located(reference, now))
    if _VERDICT not in changed:
        # A statement says better than the gates that the verdict was changed, and names what else was.
        _hold(run, folder)
    return Verified(
        reference=reference,
        fingerprint=now.digest,
        tested=run.tuned.fingerprint.digest,
        changed=changed,
        verdict=run.verdict,
    )


def card(folder: Path, *, owner: str) -> str:
    """Return the section of a model card that a run is worth; `owner` is who answers for the tuned model."""
    if not owner.strip():
        raise InputError("a model card names who answers for the tuned model: add --owner TEXT.")
    run = _checked(folder)
    return card_section(run.tuned, run.base, run.verdict, run.measurements, version=run.manifest.holdfast, owner=owner)


def _fingerprint(reference: str, run: _Run) -> ModelFingerprint:
    """Return the fingerprint of what lies at a reference, held as the run may have held it.

    The number type in which weights are held is part of their fingerprint: a GPU holds a checkpoint in its own type, a CPU in float32.
    """
    asked = run.manifest.asked.get("batching", {}).get("dtype", _AUTO)
    first: ModelFingerprint | None = None
    for dtype in _HELD_AS if asked == _AUTO else (asked,):
        (engine,) = open_models([reference], ModelOptions(device="cpu", dtype=dtype))
        try:
            found = engine.fingerprint
        finally:
            engine.close()
        first = first or found
        if found == run.tuned.fingerprint:
            return found
        same_but_weights = replace(found, weights=run.tuned.fingerprint.weights) == run.tuned.fingerprint
        if not same_but_weights or not _located(reference, found).files:
            break
    assert first is not None
    return first


def _changed(folder: Path, now: Subject) -> tuple[str, ...]:
    path = folder / _STATEMENT
    if not path.is_file():
        return ()
    try:
        statement = msgspec.json.decode(path.read_bytes())
        said = {one["name"]: one["digest"].get("sha256") for one in statement["subject"]}
        rests_on = {one["name"]: one["digest"]["sha256"] for one in statement["predicate"]["configuration"]}
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise RunFolderError(
            f"{path}: expected an in-toto statement, got something else ({error}). Write it again: holdfast attest."
        ) from error
    here = {file.name: file.sha256 for file in now.files}
    model = [name for name, digest in said.items() if digest is not None and here.get(name) != digest]
    run = [name for name in (*_RESTS_ON, *_EVIDENCE) if name in rests_on and not _is(folder / name, rests_on[name])]
    return (*model, *run)


def _is(file: Path, digest: str) -> bool:
    return file.is_file() and digest_file(file) == digest


def _checked(folder: Path) -> _Run:
    """Read a run; raises InputError where its verdict says something else than its gates, or these than its measurements."""
    run = _read(folder)
    _hold(run, folder)
    return run


def _hold(run: _Run, folder: Path) -> None:
    hold_to_measurements(run.verdict.checked(folder / _VERDICT), run.measurements, folder / _VERDICT)


def _read(folder: Path) -> _Run:
    manifest = _decoded(folder / "run.json", Manifest)
    verdict = _decoded(folder / _VERDICT, Verdict)
    tuned = _subject(manifest.asked.get("tuned"))
    if tuned is None:
        raise RunFolderError(f"{folder} ({manifest.stage}) has no tuned model. Give the folder of a comparison.")
    return _Run(
        manifest=manifest,
        verdict=verdict,
        measurements=read_measurements(folder),
        base=_subject(manifest.asked.get("base")),
        tuned=tuned,
    )


def _subject(said: Any) -> Subject | None:
    if not isinstance(said, dict) or "fingerprint" not in said:
        return None
    return _located(str(said["reference"]), msgspec.convert(said["fingerprint"], ModelFingerprint))


def _located(reference: str, fingerprint: ModelFingerprint) -> Subject:
    """Return a model under the name that it was given, with the files that the name leads to."""
    return replace(subject(resolve_reference(reference), fingerprint), reference=reference)


def _decoded(path: Path, kind: Any) -> Any:
    if not path.is_file():
        raise RunFolderError(
            f"{path.parent} holds no {path.name}. Give the folder of a finished run that was judged; the command that began one goes on "
            "with it."
        )
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RunFolderError(f"{path}: expected what Holdfast writes there, got something else ({error}).") from error
