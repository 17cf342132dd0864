"""What a corpus run says about its corpus, beside the version and the measurements."""

from __future__ import annotations

from pathlib import Path

import msgspec

from holdfast.core import Measurement, RunFolderError, Value, pretty_json
from holdfast.corpus.steps import Signal
from holdfast.provenance.versions import CorpusVersion, write_version
from holdfast.runs import write_atomically

__all__ = ["SUMMARY", "BrokenDocument", "CorpusResult", "HostFacts", "ReasonFacts", "SourceFacts", "read_result"]

SUMMARY = "summary.json"


class ReasonFacts(Value, frozen=True, kw_only=True):
    """Why documents of one source went."""

    source: str
    step: str
    reason: str
    first: int
    """Documents that went for it."""
    all: int
    """Documents that it takes, those with them that an earlier reason had taken; for duplicates the same number."""


class BrokenDocument(Value, frozen=True, kw_only=True):
    """A document that cannot be read."""

    source: str
    file: str
    line: int
    reason: str


class SourceFacts(Value, frozen=True, kw_only=True):
    """One source, in and out."""

    name: str
    path: str
    files: int
    bytes: int
    documents: int
    text_bytes: int
    broken: int
    skipped: tuple[str, ...]
    """Files that are not read; the first of them."""
    skipped_count: int
    kept: int
    kept_bytes: int


class HostFacts(Value, frozen=True, kw_only=True):
    """What one host gave, and how much of it went."""

    host: str
    source: str
    documents: int
    removed: int


class CorpusResult(Value, frozen=True, kw_only=True):
    """A finished run."""

    title: str
    version: CorpusVersion
    measurements: tuple[Measurement, ...]
    sources: tuple[SourceFacts, ...]
    reasons: tuple[ReasonFacts, ...]
    hosts: tuple[HostFacts, ...]
    """Of those with many documents, the ones that lost the largest share."""
    broken: tuple[BrokenDocument, ...]
    """Some of them."""
    signals: tuple[Signal, ...]
    examples: tuple[tuple[str, ...], ...] = ()
    """Per signal, where some of its documents stand: 'SHARD:ROW', as `holdfast provenance show` takes it."""
    duplicates: dict[str, int]
    planted: int
    notes: tuple[str, ...] = ()
    """What could not be read of the sources beside whole documents, and what the filters do not assess as they are set."""
    command: str
    holdfast: str

    def save(self, folder: Path) -> None:
        """Write `summary.json`, and last `corpus.json`, with which the run has ended."""
        write_atomically(folder / SUMMARY, pretty_json(self))
        write_version(folder, self.version)


def read_result(folder: Path) -> CorpusResult:
    """Read what a finished run said; raises RunFolderError where it is not there."""
    path = folder / SUMMARY
    try:
        return msgspec.json.decode(path.read_bytes(), type=CorpusResult)
    except (OSError, msgspec.DecodeError) as error:
        raise RunFolderError(f"{path}: expected the summary of a corpus run, got something else ({error}).") from error
