"""`retract`: the version of a corpus without the rows of a source, host, author or URL.

The old version stays as it is. Shards without such rows are linked (or copied), the others written anew without them, and the
provenance with them. Each shard that was written anew leaves a note with its digests, so that a killed retraction goes on; the notes
go once the new `corpus.json` is there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
from msgspec.structs import replace
from numpy.typing import NDArray

from holdfast import __version__
from holdfast.core import InputError, RunFolderError, Value, digest, digest_file, pretty_json
from holdfast.dataflow import run
from holdfast.provenance.holdings import Holding
from holdfast.provenance.index import read_origins
from holdfast.provenance.places import inside, stem
from holdfast.provenance.texts import copy_rows
from holdfast.provenance.versions import (
    CORPUS_FILE,
    CorpusShard,
    CorpusSource,
    CorpusStep,
    CorpusVersion,
    read_version,
    version_id,
    write_version,
)
from holdfast.provenance.wanted import CANARY, Wanted, matching
from holdfast.runs import write_atomically

__all__ = ["RETRACT", "Retracted", "retract", "retracted_steps"]

RETRACT = "retract"
"""The step's name, and the reason under which it counts what it took out."""
_NOTES = ".retract"
_PLAN = "plan.json"
_SMALL = 200_000
"""Rows up to which starting processes takes longer than the work."""
Progress = Callable[[str, int, int], None]


class Retracted(Value, frozen=True, kw_only=True):
    """What a retraction wrote."""

    folder: str
    corpus: str
    """Id of the new version."""
    rows: int
    """Taken out of the corpus."""
    rejected_rows: int
    """Taken out of what lies aside."""
    linked: int
    """Files that are the same as in the old version."""
    written: int
    """Shards written anew."""
    dropped: int
    """Shards of which nothing was left."""
    canaries: int
    """Planted rows in the shards that were written anew; they stay unless the source 'canary' itself was retracted."""


class _Plan(Value, frozen=True, kw_only=True):
    parent: str
    wanted: Wanted
    why: str


class _Done(Value, frozen=True, kw_only=True):
    shard: CorpusShard
    gone: dict[str, int]
    """Rows taken out, by source."""


class _Job(NamedTuple):
    old: str
    new: str
    shard: CorpusShard
    wanted: Wanted
    key: str
    copy: bool
    affected: bool


def retract(
    folder: Path,
    holding: Holding,
    out: Path,
    *,
    why: str = "",
    copy: bool = False,
    workers: int | None = None,
    progress: Progress = lambda what, done, total: None,
) -> Retracted:
    """Write the version of a corpus without the rows that `holding` found, to a new folder.

    Args:
        folder: the corpus, which is left alone.
        holding: what `trace` found in it.
        out: the new folder; one that a killed retraction of the same rows began is finished.
        why: the reason, for whoever reads the new version.
        copy: copy shards that stay as they are; False links them where the file system can.
        workers: processes; None means one per processor.
        progress: called with (what, done, total).

    Raises:
        InputError: nothing of it is in the corpus, or a shard is not what the corpus says.
        RunFolderError: `out` holds something else.
    """
    version = read_version(folder)
    if holding.corpus != version_id(version):
        raise InputError(f"{folder}: is another version than the one that was traced. Trace it again.")
    if not (holding.rows or holding.rejected_rows):
        raise InputError(f"{folder}: holds no row of {holding.wanted.said}, so there is nothing to retract.")
    plan = _Plan(parent=holding.corpus, wanted=holding.wanted, why=why or f"Rows of {holding.wanted.said} were taken out.")
    if not _begin(folder, out, plan):
        return _said(out, version, read_version(out), holding)
    jobs = _jobs(folder, out, version, holding, plan, copy=copy)
    engine = "plain" if sum(job.shard.rows for job in jobs if job.affected) < _SMALL else "processes"
    done = list(
        run(jobs, _do, engine=engine, workers=workers, name=lambda job: job.shard.name, progress=lambda n, of: progress("shards", n, of))
    )
    fresh = _version(version, plan, done[: len(version.shards)], done[len(version.shards) :])
    _tidy(out, fresh)
    write_version(out, fresh)
    shutil.rmtree(out / _NOTES, ignore_errors=True)
    return _said(out, version, fresh, holding)


def _said(out: Path, old: CorpusVersion, new: CorpusVersion, holding: Holding) -> Retracted:
    before, after = ({shard.name: shard for shard in (*version.shards, *version.rejected)} for version in (old, new))
    affected = {held.shard for held in (*holding.shards, *holding.rejected)}
    return Retracted(
        folder=str(out),
        corpus=version_id(new),
        rows=holding.rows,
        rejected_rows=holding.rejected_rows,
        linked=sum(len({name, shard.provenance}) for name, shard in before.items() if name not in affected),
        written=len(affected & after.keys()),
        dropped=len(affected - after.keys()),
        canaries=holding.canaries,
    )


def retracted_steps(version: CorpusVersion) -> tuple[CorpusStep, ...]:
    """Return the retractions that led to a version, the first one first."""
    return tuple(step for step in version.steps if step.name == RETRACT)


def _begin(folder: Path, out: Path, plan: _Plan) -> bool:
    """Take the new folder and return whether there is work; raises RunFolderError where it holds something else."""
    notes = out / _NOTES / _PLAN
    if folder.resolve() == out.resolve():
        raise InputError(f"{out}: the new version needs a folder of its own. Choose another one with --out.")
    try:
        if notes.is_file():
            if msgspec.json.decode(notes.read_bytes(), type=_Plan) == plan:
                return True
            raise RunFolderError(f"{out} holds another retraction, begun and not finished. Choose another folder with --out, or remove it.")
        if (out / CORPUS_FILE).is_file():
            if _is_of(read_version(out), plan):
                return False
            raise RunFolderError(f"{out} holds a corpus already. Choose another folder with --out.")
        if out.exists() and any(out.iterdir()):
            raise RunFolderError(f"{out} is not empty. Choose another folder with --out.")
        notes.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(notes, pretty_json(plan))
        return True
    except OSError as error:
        raise RunFolderError(f"{out}: cannot be written ({error.strerror}). Choose another folder with --out.") from error
    except msgspec.DecodeError as error:
        raise RunFolderError(f"{notes}: was not written by a retraction ({error}). Choose another folder with --out.") from error


def _is_of(version: CorpusVersion, plan: _Plan) -> bool:
    return (version.parent, version.why) == (plan.parent, plan.why) and version.steps[-1:] == (_step(plan, version.steps[-1].removed),)


def _step(plan: _Plan, removed: dict[str, int]) -> CorpusStep:
    settings = {"kind": plan.wanted.kind, "value": plan.wanted.value, "below": plan.wanted.below}
    return CorpusStep(name=RETRACT, version="1", settings=settings, removed=removed)


def _jobs(folder: Path, out: Path, version: CorpusVersion, holding: Holding, plan: _Plan, *, copy: bool) -> list[_Job]:
    key = digest(plan)
    jobs = []
    for shards, held in ((version.shards, holding.shards), (version.rejected, holding.rejected)):
        affected = {one.place for one in held}
        jobs += [_Job(str(folder), str(out), shard, plan.wanted, key, copy, place in affected) for place, shard in enumerate(shards)]
    return jobs


def _do(job: _Job) -> _Done:
    old, new = Path(job.old), Path(job.new)
    if job.affected:
        return _rewrite(job, old, new)
    for name in dict.fromkeys((job.shard.name, job.shard.provenance)):
        _link(inside(old, name), inside(new, name), copy=job.copy)
    return _Done(shard=job.shard, gone={})


def _link(source: Path, target: Path, *, copy: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_file() and target.stat().st_size == source.stat().st_size:
        return
    draft = target.with_name(f"{target.name}.draft")
    draft.unlink(missing_ok=True)
    if not copy:
        try:
            os.link(source, draft)
            draft.replace(target)
            return
        except OSError:
            draft.unlink(missing_ok=True)
    shutil.copyfile(source, draft)
    draft.replace(target)


def _rewrite(job: _Job, old: Path, new: Path) -> _Done:
    shard, note = job.shard, new / _NOTES / f"{stem(job.shard.name)}-{digest([job.key, job.shard.name])[:16]}.json"
    done = _noted(note, new)
    if done is not None:
        return done
    for name, expected in ((shard.name, shard.sha256), (shard.provenance, shard.provenance_sha256)):
        if digest_file(inside(old, name)) != expected:
            raise InputError(f"{old / name}: is not the file that the corpus names (SHA-256 differs). Run `holdfast provenance verify`.")
    origins = read_origins(inside(old, shard.provenance))
    if origins.num_rows != shard.rows:
        raise InputError(f"{old / shard.provenance}: has {origins.num_rows} rows, expected {shard.rows}. Run `holdfast provenance verify`.")
    keep = ~matching(origins, job.wanted)
    gone = origins["source"].cast(pa.string()).filter(pa.array(~keep)).value_counts().to_pylist()
    done = _Done(shard=_write(shard, old, new, origins, keep), gone={one["values"]: one["counts"] for one in gone})
    write_atomically(note, pretty_json(done))
    return done


def _write(shard: CorpusShard, old: Path, new: Path, origins: pa.Table, keep: NDArray[np.bool_]) -> CorpusShard:
    if not keep.any():
        return replace(shard, rows=0)
    left = origins.filter(pa.array(keep))
    numbers = pa.array(np.arange(left.num_rows), origins.schema.field("row").type)
    left = _compact(left.set_column(left.schema.get_field_index("row"), origins.schema.field("row"), numbers))
    provenance, target = inside(new, shard.provenance), inside(new, shard.name)
    for path in (provenance, target):
        path.parent.mkdir(parents=True, exist_ok=True)
    _durably(provenance, lambda draft: parquet.write_table(left, draft, compression="zstd"))
    if shard.name != shard.provenance:
        _durably(target, lambda draft: copy_rows(inside(old, shard.name), draft, keep))
    return replace(
        shard, rows=left.num_rows, bytes=target.stat().st_size, sha256=digest_file(target), provenance_sha256=digest_file(provenance)
    )


def _compact(table: pa.Table) -> pa.Table:
    """Drop what no row says any more from the dictionaries: a name that was taken out must not stay in the file."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            column = table.column(place).cast(field.type.value_type).combine_chunks()
            table = table.set_column(place, field, column.dictionary_encode().cast(field.type))
    return table


def _durably(path: Path, write: Callable[[Path], object]) -> None:
    draft = path.with_name(f"{path.name}.draft")
    write(draft)
    with draft.open("rb") as stream:
        os.fsync(stream.fileno())
    draft.replace(path)


def _noted(note: Path, new: Path) -> _Done | None:
    """Return what a killed retraction had finished of a shard, if it is still whole."""
    try:
        done = msgspec.json.decode(note.read_bytes(), type=_Done)
        shard = done.shard
        whole = not shard.rows or (
            digest_file(inside(new, shard.name)) == shard.sha256 and digest_file(inside(new, shard.provenance)) == shard.provenance_sha256
        )
    except (OSError, msgspec.DecodeError):
        return None
    return done if whole else None


def _version(version: CorpusVersion, plan: _Plan, kept: Sequence[_Done], aside: Sequence[_Done]) -> CorpusVersion:
    gone: dict[str, int] = {}
    for one in kept:
        for name, rows in one.gone.items():
            gone[name] = gone.get(name, 0) + rows
    step = _step(plan, {RETRACT: sum(gone.values())})
    return replace(
        version,
        parent=plan.parent,
        why=plan.why,
        holdfast=__version__,
        sources=tuple(_left(source, gone.get(source.name, 0)) for source in version.sources),
        steps=(*version.steps, step),
        shards=tuple(one.shard for one in kept if one.shard.rows),
        rejected=tuple(one.shard for one in aside if one.shard.rows),
        canaries=None if plan.wanted.kind == "source" and plan.wanted.value == CANARY else version.canaries,
    )


def _left(source: CorpusSource, gone: int) -> CorpusSource:
    return replace(source, kept=source.kept - gone)


def _tidy(out: Path, version: CorpusVersion) -> None:
    """Remove what a killed run left in the folders of the shards."""
    named = {name for shard in (*version.shards, *version.rejected) for name in (shard.name, shard.provenance)}
    for home in {Path(name).parent for name in named}:
        for path in (out / home).iterdir():
            if path.is_file() and path.relative_to(out).as_posix() not in named:
                path.unlink()
