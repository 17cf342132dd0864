"""A whole scan: open, look, conclude, write the run folder. A killed scan goes on with the pieces that are missing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import InputError, Measurement, RunFolderError, canonical_json, digest
from holdfast.dataflow import Crew, Shelf, choose_engine, processors, run
from holdfast.records import BadRow, Dataset, open_dataset
from holdfast.runs import Manifest, RunFolder
from holdfast.scan.asking import MANY, Ask, answers_of
from holdfast.scan.checking import check_judges
from holdfast.scan.clusters import clusters_in
from holdfast.scan.composition import composition
from holdfast.scan.concluding import conclude, failed_in, tally_pieces
from holdfast.scan.detecting import open_detectors, selected
from holdfast.scan.facts import FileFacts, ScanResult
from holdfast.scan.formats_read import format_notes, formats_read
from holdfast.scan.identity import asked_options, digest_of_data
from holdfast.scan.kept import KeptColumns, Places
from holdfast.scan.looking import Look, ShardDone, shard_name
from holdfast.scan.spec import ScanSpec
from holdfast.scan.stored import check_findings
from holdfast.scan.tally import Tally
from holdfast.scan.unread import unread_columns, unread_notes, unread_share
from holdfast.scan.warming import warm
from holdfast.stats import wilson

__all__ = ["ScanJob", "prepare", "run_scan"]

Progress = Callable[[str, int, int], None]
_MOST_BAD = 100
_SHARDS_PER_WORKER = 16
"""So many that no worker waits long for the last ones of the others."""


class ScanJob:
    """A scan that is ready to start: the set is open, its files have digests, the detectors are known, and so are its workers."""

    def __init__(self, spec: ScanSpec, dataset: Dataset, *, hire: bool = False) -> None:
        self.spec = spec
        self.dataset = dataset
        self.names = selected(spec.only, spec.skip)
        self.crew: Crew | None = None
        """Worker processes, where the engine takes any and `hire` was called."""
        if hire:
            self.hire()
        with ThreadPoolExecutor(1) as beside:
            digests = beside.submit(lambda: tuple(digest_of_data(dataset, index) for index in range(len(dataset.files))))
            self.detectors, self.missing = open_detectors(self.names, spec.options, must=bool(spec.only))
            self._options = asked_options(spec.options)
            self.digests = digests.result()

    def hire(self) -> None:
        """Start the workers, where the engine takes any; they get ready while this process goes on. A second time does nothing."""
        if self.crew is None and self.engine == "processes":
            self.crew = Crew(self.spec.workers or processors(), first=partial(warm, self.names))

    def dismiss(self) -> None:
        """End the workers, where there are any."""
        if self.crew is not None:
            self.crew.dismiss()

    def asked(self) -> dict[str, Any]:
        """Return what decides the findings: data by digest, how it is read, detectors with versions, options."""
        return {
            "data": [{"file": file.source, "sha256": sha} for file, sha in zip(self.dataset.files, self.digests, strict=True)],
            "reading": self.spec.reading(),
            "detectors": [detector.card.label for detector in self.detectors.values()],
            "options": self._options,
        }

    @cached_property
    def engine(self) -> str:
        """Where the detectors run: as asked, or by the number of rows."""
        plain = self.spec.engine is None and _in_memory(self.dataset)
        return "plain" if plain else self.spec.engine or choose_engine(self.dataset.count(), self.spec.workers)

    @property
    def identity(self) -> str:
        """SHA-256 over all that decides the findings."""
        return digest(self.asked())


def prepare(spec: ScanSpec, data: object | None = None, *, hire: bool = False) -> ScanJob:
    """Open the set (`data` where it is in memory, else `spec.data`) and the detectors.

    With `hire`, what follows is `run_scan`: its worker processes, where it takes any, are started first.

    Raises InputError for data that cannot be read or a judge's folder that is not there, PluginError for a detector or a
    judge that is not known.
    """
    check_judges(spec.options)
    return ScanJob(spec, open_dataset(spec.data if data is None else data, **spec.reading()), hire=hire)


def run_scan(
    spec: ScanSpec,
    folder: Path,
    *,
    command: str,
    version: str,
    progress: Progress = lambda what, done, total: None,
    job: ScanJob | None = None,
) -> ScanResult:
    """Scan in a run folder: findings, measurements and `scan.json`; a finished scan is read and not done again.

    A detector that fails is a note and its measurements are missing. Raises a HoldfastError for anything the user can mend.
    """
    job = job or prepare(spec, hire=True)
    manifest = Manifest(stage="scan", holdfast=version, command=command, seed=spec.options.seed, asked=job.asked())
    with ExitStack() as ending:
        ending.callback(job.dismiss)
        run_folder = ending.enter_context(RunFolder(folder, manifest))
        stored = folder / "scan.json"
        if stored.exists():
            result = _read(stored)
            check_findings(folder, sum(kind.count for kind in result.kinds))
            return result
        shelf = Shelf(folder / "work", digest({"asked": job.asked(), "version": version}))
        job.hire()
        done = _look(job, shelf, progress)
        (folder / "evidence").mkdir(mode=0o700, exist_ok=True)
        result = _conclude(job, shelf, done, folder / "evidence" / "findings.parquet", command, version)
        run_folder.write_measurements(result.measurements)
        run_folder.write("scan.json", msgspec.json.format(canonical_json(result), indent=2) + b"\n")
        shutil.rmtree(folder / "work", ignore_errors=True)
    return result


def _look(job: ScanJob, shelf: Shelf, progress: Progress) -> list[ShardDone]:
    """Run the detectors over all shards, and take note of the bad rows that they met."""
    dataset, spec = job.dataset, job.spec
    total, engine = dataset.count(), job.engine
    if engine != "plain" and _in_memory(dataset):
        raise InputError(f"--engine {engine} reads files; rows in memory are scanned by the plain engine.")
    shards = dataset.shards(1 if engine == "plain" else _SHARDS_PER_WORKER * (spec.workers or processors()))
    seen = 0

    def count(rows: int) -> None:
        nonlocal seen
        seen += rows
        progress("scan", min(seen, total), total)

    look = Look(dataset, list(job.detectors), spec.options, shelf, progress=count if engine == "plain" else None)
    parts = None if engine == "plain" else (lambda done, all_parts: progress("scan", done, all_parts))
    names = list(
        run(shards, look, engine=engine, workers=spec.workers, progress=parts, name=shard_name, address=spec.address, crew=job.crew)
    )
    done = [ShardDone(shelf, name) for name in names]
    for shard in done:
        for piece in shard.pieces:
            dataset.add_bad_rows(BadRow(**row) for row in shelf.take(piece, "bad")["bad"].to_pylist())
    dataset.check_bad_rows()
    return done


def _conclude(job: ScanJob, shelf: Shelf, done: Sequence[ShardDone], path: Path, command: str, version: str) -> ScanResult:
    dataset = job.dataset
    pieces = [piece for shard in done for piece in shard.pieces]
    kept = KeptColumns(shelf, pieces, dataset)
    places = Places(kept)
    tally = Tally(path)
    failed = failed_in(shelf, pieces)
    answers = None
    # What was found is tallied while the detectors conclude.
    with ThreadPoolExecutor(1) as pool:
        tallied = pool.submit(tally_pieces, tally, shelf, pieces, places)
        if job.crew is not None and kept.n >= MANY:
            names = [name for name in job.detectors if name not in failed]
            answers = answers_of(names, Ask(dataset, job.spec.options, shelf, pieces), kept, job.crew)
        tallied.result()
    concluded = conclude(job.detectors, failed, kept, places, tally, answers)
    tally.close()
    measurements = (*concluded.measurements.values(), _bad_row_share(dataset), unread_share(kept))
    unread = unread_columns(kept)
    cards = tuple(detector.card for detector in job.detectors.values())
    kinds = tally.summaries(cards, kept.n)
    clusters, count = clusters_in(path)
    missing = tuple(f"detector {name} was not run: {why}" for name, why in sorted(job.missing.items()))
    files = _files(job, formats_read(kept))
    return ScanResult(
        title=job.spec.data,
        files=files,
        skipped=dataset.skipped,
        rows=kept.n,
        bad_row_count=len(dataset.bad_rows),
        bad_rows=dataset.bad_rows[:_MOST_BAD],
        blank_lines=sum(shard.blank for shard in done),
        unread=unread,
        measurements=measurements,
        kinds=kinds,
        findings=tally.defects,
        composition=composition(measurements, kinds),
        duplicates=clusters,
        duplicate_clusters=count,
        detectors=cards,
        notes=(*unread_notes(unread), *format_notes(files), *concluded.notes, *missing),
        command=command,
        version=version,
        seed=job.spec.options.seed,
    )


def _files(job: ScanJob, read_as: Mapping[str, dict[str, int]]) -> tuple[FileFacts, ...]:
    bad: dict[str, int] = {}
    for row in job.dataset.bad_rows:
        bad[row.source] = bad.get(row.source, 0) + 1
    return tuple(
        FileFacts(
            name=file.source,
            rows=file.count(),
            format=file.format,
            family=file.detected.family,
            read_as=read_as.get(file.source, {}),
            why=file.detected.why,
            container=file.container,
            size=file.size,
            digest=sha,
            bad_rows=bad.get(file.source, 0),
        )
        for file, sha in zip(job.dataset.files, job.digests, strict=True)
    )


def _bad_row_share(dataset: Dataset) -> Measurement:
    n, bad = dataset.count(), len(dataset.bad_rows)
    if not n:
        return Measurement.missing("bad_row_share", "the set has no rows")
    limits = wilson(bad, n)
    return Measurement.of("bad_row_share", bad / n, n=n, low=limits.low, high=limits.high, method="Wilson over rows")


def _in_memory(dataset: Dataset) -> bool:
    return any(file.path is None for file in dataset.files)


def _read(path: Path) -> ScanResult:
    try:
        return msgspec.json.decode(path.read_bytes(), type=ScanResult)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RunFolderError(f"{path}: expected a scan, got something else ({error}). Choose another folder with --run.") from error
