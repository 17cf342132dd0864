"""The parts that plug into a corpus run, opened as the configuration asks; see `corpus.steps`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from holdfast.core import InputError
from holdfast.corpus import duplicates as repeated
from holdfast.corpus import signals as signs
from holdfast.corpus.planting import kept_texts, manifest_path, plan_canaries
from holdfast.corpus.running import CorpusRun
from holdfast.corpus.spec import CorpusSpec
from holdfast.corpus.steps import Duplicates, Planting
from holdfast.corpus.work import Collector
from holdfast.runs import write_atomically

__all__ = ["open_collectors", "plant"]

_GONE = (
    "{manifest}: the private manifest with which this run began to write its shards is missing or another one. "
    "Put it back, or remove {out} and run again with other canaries."
)


def open_collectors(spec: CorpusSpec) -> tuple[Collector, ...]:
    """Return what the joint steps want to be collected."""
    return (*repeated.collectors(spec), *signs.collectors(spec))


def plant(work: CorpusRun, out: Path, duplicates: Duplicates, kept: Sequence[int]) -> Planting | None:
    """Return where canaries go, None where none are asked for; `kept` is how many documents each shard keeps."""
    settings = work.spec.canaries
    if settings is None:
        return None
    manifest = manifest_path(settings, out.absolute())
    note = work.folder / "canaries.sha256"
    begun = _begun_with(note, work.key)
    if begun is not None and settings.seed is None and not manifest.exists():
        raise InputError(_GONE.format(manifest=manifest, out=out))
    planting = plan_canaries(settings, kept, manifest, texts=lambda: kept_texts(work, duplicates))
    if begun not in (None, planting.manifest_sha256):
        raise InputError(_GONE.format(manifest=manifest, out=out))
    write_atomically(note, f"{work.key} {planting.manifest_sha256}\n".encode())
    return planting


def _begun_with(note: Path, key: str) -> str | None:
    """Return the digest of the manifest with which this run has begun to write; None where it has not."""
    try:
        of, _, digest = note.read_text(encoding="utf-8").strip().partition(" ")
    except OSError:
        return None
    return digest if of == key else None
