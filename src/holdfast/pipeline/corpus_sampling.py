"""Audit a corpus by a sample: draw it, look at it, estimate, and write rows to label, numbers and the page."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from holdfast import __version__
from holdfast.core import InputError, RunFolderError, Value, digest, pretty_json
from holdfast.corpus.apart import check_apart
from holdfast.corpus.sampling import CorpusSample, DefectEstimate, SampledRow, SampledSource, draw_sample, estimate
from holdfast.corpus.sampling.defects import Defects, find_defects
from holdfast.corpus.sampling.facts import SampleAudit, SampleSpec
from holdfast.corpus.sampling.frames import Sampled, spec_of
from holdfast.corpus.sampling.labels import read_labels
from holdfast.corpus.spec import CorpusSpec
from holdfast.report.corpus_sample_html import write_sample_html
from holdfast.runs import Manifest, RunFolder

__all__ = ["LabelRow", "audit_sample"]

_ROWS, _DRAWN, _FOUND, _AUDIT = "sample.jsonl", "drawn.json", "found.json", "audit.json"


class LabelRow(Value, frozen=True, kw_only=True):
    """A row of the sample as people read it, and as it is read back. The text is hostile and may be harmful."""

    id: str
    weight: float
    found: tuple[str, ...]
    """What filters and detectors say of it."""
    label: str | tuple[str, ...] | None
    """For people to fill in; empty until then."""
    source: str
    file: str
    line: int | None
    offset: int | None = None
    url: str | None
    draws: tuple[int, ...]
    text: str


class _Drawn(Value, frozen=True, kw_only=True):
    sources: tuple[SampledSource, ...]
    rows: str | None = None
    """Digest of the rows, without what people write: `found.json` names them by their places."""


def audit_sample(spec: SampleSpec, folder: Path, *, command: str = "", progress: Any = None) -> SampleAudit:
    """Draw a sample, look for every defect that one document shows, and estimate its share of the whole.

    `folder` has `sample.jsonl` (the rows with their weights, for people to read and label), `audit.json` and `report.html` afterwards.
    The same call goes on from a sample that was drawn; with labels it says what they mean for the whole. Raises a HoldfastError for
    anything that the user can mend.
    """
    watcher = progress or (lambda what, done, total: None)
    if not 0.5 <= spec.confidence < 1:
        raise InputError(f"--confidence must be from 0.5 to below 1, got {spec.confidence}.")
    corpus = spec_of(spec.given, format=spec.format, text=spec.text)
    check_apart({"--run": (folder, True)}, corpus.sources)
    sampled = Sampled(corpus)
    asked = {
        "sources": sampled.identity,
        "filters": msgspec.to_builtins(corpus.filters),
        "n": spec.n,
        "budget": spec.budget,
    }
    with RunFolder(folder, Manifest(stage="corpus sample", holdfast=__version__, command=command, seed=spec.seed, asked=asked)) as run:
        sample, defects = _taken(folder, spec.seed) or _draw(run, spec, corpus, sampled, watcher)
        estimates = [one for defect in sorted(defects.found) for one in _estimated(sample, defect, defects, spec.confidence)]
        labelled: list[DefectEstimate] = []
        known: tuple[str, ...] = ()
        if spec.labels is not None:
            labels = read_labels(spec.labels, {row.id for row in sample.rows})
            known = labels.known
            for label, rows in labels.rows.items():
                labelled += estimate(sample, label, rows, known=known, confidence=spec.confidence)
        audit = SampleAudit(
            title=spec.given,
            n=len(sample.rows),
            documents=sample.documents,
            exact=all(source.design == "one pass" for source in sample.sources),
            sources=sample.sources,
            estimates=tuple(estimates),
            labelled=tuple(labelled),
            labelled_rows=len(known),
            confidence=spec.confidence,
            notes=(*defects.notes, *_unreadable(sample)),
            command=command,
            version=__version__,
            seed=spec.seed,
        )
        run.write(_AUDIT, pretty_json(audit))
        write_sample_html(audit, folder / "report.html")
        return audit


def _draw(run: RunFolder, spec: SampleSpec, corpus: CorpusSpec, sampled: Sampled, watcher: Any) -> tuple[CorpusSample, Defects]:
    sample = draw_sample(sampled.frames(), n=spec.n, seed=spec.seed, budget=spec.budget, progress=watcher)
    _write_rows(run, sample, Defects(found={}, notes=()))
    defects = find_defects([row.text for row in sample.rows], corpus, run.path / _ROWS)
    _write_rows(run, sample, defects)
    run.write(_DRAWN, pretty_json(_Drawn(sources=sample.sources, rows=_digest(sample.rows))))
    # Written last: where it is, the rest is.
    run.write(_FOUND, pretty_json(defects))
    return sample, defects


def _write_rows(run: RunFolder, sample: CorpusSample, defects: Defects) -> None:
    found: dict[int, list[str]] = {}
    for defect, places in defects.found.items():
        if not defect.endswith(": any"):
            for place in places:
                found.setdefault(place, []).append(defect)
    rows = [
        LabelRow(
            id=row.id,
            weight=row.weight,
            found=tuple(found.get(place, ())),
            label="",
            source=row.source,
            file=row.file,
            line=row.line,
            offset=row.offset,
            url=row.url,
            draws=row.draws,
            text=row.text,
        )
        for place, row in enumerate(sample.rows)
    ]
    path = run.write(_ROWS, b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    os.chmod(path, 0o600)


def _taken(folder: Path, seed: int) -> tuple[CorpusSample, Defects] | None:
    """Return a sample that was drawn before."""
    if not (folder / _FOUND).is_file():
        return None
    path = folder / _ROWS
    try:
        rows: Sequence[LabelRow] = [msgspec.json.decode(line, type=LabelRow) for line in path.read_bytes().splitlines() if line.strip()]
    except (OSError, msgspec.DecodeError) as error:
        raise RunFolderError(f"{path}: is not as it was drawn ({error}). Draw again into another folder with --run.") from error
    drawn = msgspec.json.decode((folder / _DRAWN).read_bytes(), type=_Drawn)
    defects = msgspec.json.decode((folder / _FOUND).read_bytes(), type=Defects)
    plain = [
        SampledRow(
            id=row.id,
            source=row.source,
            file=row.file,
            line=row.line,
            offset=row.offset,
            url=row.url,
            weight=row.weight,
            draws=row.draws,
            text=row.text,
        )
        for row in rows
    ]
    if drawn.rows not in (None, _digest(plain)):
        raise RunFolderError(
            f"{path}: rows were removed, moved or changed since they were drawn. Draw again into another folder with --run; bring labels "
            "in a file of their own."
        )
    return CorpusSample(seed=seed, sources=drawn.sources, rows=tuple(plain)), defects


def _digest(rows: Sequence[SampledRow]) -> str:
    return digest([[row.id, row.source, row.weight, row.draws] for row in rows])


def _estimated(sample: CorpusSample, defect: str, defects: Defects, confidence: float) -> list[DefectEstimate]:
    return estimate(sample, defect, [sample.rows[place].id for place in defects.found[defect]], confidence=confidence)


def _unreadable(sample: CorpusSample) -> list[str]:
    return [
        f"{source.name}: {source.unreadable:,} documents in what was read could not be read, and are not in these shares."
        for source in sample.sources
        if source.unreadable
    ]
