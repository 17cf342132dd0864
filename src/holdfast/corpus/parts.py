"""The parts that plug into a corpus run, opened as the configuration asks; see `corpus.steps`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from holdfast.corpus import duplicates as repeated
from holdfast.corpus import signals as signs
from holdfast.corpus.planting import kept_texts, manifest_path, plan_canaries
from holdfast.corpus.running import CorpusRun
from holdfast.corpus.spec import CorpusSpec
from holdfast.corpus.steps import Duplicates, Planting
from holdfast.corpus.work import Collector

__all__ = ["open_collectors", "plant"]


def open_collectors(spec: CorpusSpec) -> tuple[Collector, ...]:
    """Return what the joint steps want to be collected."""
    return (*repeated.collectors(spec), *signs.collectors(spec))


def plant(work: CorpusRun, out: Path, duplicates: Duplicates, kept: Sequence[int]) -> Planting | None:
    """Return where canaries go, None where none are asked for; `kept` is how many documents each shard keeps."""
    settings = work.spec.canaries
    if settings is None:
        return None
    manifest = manifest_path(settings, out.absolute())
    return plan_canaries(settings, kept, manifest, work.spec.seed, texts=lambda: kept_texts(work, duplicates))
