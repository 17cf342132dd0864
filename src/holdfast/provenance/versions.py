"""One version of a corpus, as its folder's `corpus.json` says it: what went in, what was done, and every file that came out.

A version is named by the digest of its own content, so that two runs with the same result have the same name, on any machine.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import InputError, Value, digest, digest_bytes, pretty_json
from holdfast.runs import write_atomically

__all__ = [
    "CORPUS_FILE",
    "SUM_FILE",
    "CorpusShard",
    "CorpusSource",
    "CorpusStep",
    "CorpusVersion",
    "read_version",
    "version_id",
    "write_version",
]

CORPUS_FILE = "corpus.json"
SUM_FILE = "corpus.sha256"
"""The SHA-256 of `corpus.json` in the form of `sha256sum`; everything else has its digest in `corpus.json`."""


class CorpusSource(Value, frozen=True, kw_only=True):
    """One source of documents, as it was declared and as it was found."""

    name: str
    path: str
    """A folder, a glob, an address of an object store or a hub id, as written in the configuration."""
    licence: str | None = None
    """As declared: one for all documents, or '$COLUMN' where each document says its own (`stated_licence` tells them apart)."""
    crawled: str | None = None
    """When it was crawled: a date, or a range 'FIRST/LAST' of dates (ISO 8601)."""
    files: int
    bytes: int
    documents: int
    """Read, before any filter."""
    kept: int
    digest: str
    """Over the names, sizes and SHA-256 digests of its files."""

    @property
    def stated_licence(self) -> str | None:
        """The licence of all its documents; None where each document says its own, or nobody says any."""
        return None if self.licence is None or self.licence.startswith("$") else self.licence or None


class CorpusStep(Value, frozen=True, kw_only=True):
    """One thing that was done to the documents."""

    name: str
    version: str
    settings: dict[str, Any]
    removed: dict[str, int] = msgspec.field(default_factory=dict)
    """Documents per reason for which this step left them out."""
    changed: int = 0
    """Documents that it wrote anew: redacted, with repeated lines taken out."""


class CorpusShard(Value, frozen=True, kw_only=True):
    """One file of the corpus, and the file of where its rows came from."""

    name: str
    """Path inside the corpus folder: 'shards/00012.jsonl.zst'."""
    rows: int
    bytes: int
    sha256: str
    provenance: str
    """Path inside the corpus folder: 'provenance/00012.parquet'."""
    provenance_sha256: str


class CorpusVersion(Value, frozen=True, kw_only=True):
    """A whole version."""

    schema: int = 1
    kind: str = "holdfast corpus version"
    name: str
    parent: str | None = None
    """The id of the version that this one was made from by `retract`."""
    why: str = ""
    """For a version with a parent: what was done, in a sentence."""
    holdfast: str
    sources: tuple[CorpusSource, ...]
    steps: tuple[CorpusStep, ...]
    """In the order in which they were applied."""
    shards: tuple[CorpusShard, ...]
    rejected: tuple[CorpusShard, ...] = ()
    """Documents that were left out, each with its reason; `provenance` is their own file again."""
    canaries: str | None = None
    """SHA-256 of the private manifest of what was planted."""

    @property
    def rows(self) -> int:
        """Documents in the corpus, canaries with them."""
        return sum(shard.rows for shard in self.shards)


def version_id(version: CorpusVersion) -> str:
    """Return the SHA-256 that names a version."""
    return digest(version)


def read_version(folder: Path) -> CorpusVersion:
    """Read the version in a corpus folder; raises InputError where there is none or it is no such file."""
    path = folder / CORPUS_FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"{folder}: expected a corpus that `holdfast corpus run` wrote, and {CORPUS_FILE} cannot be read ({error.strerror})."
        raise InputError(message) from error
    try:
        return msgspec.json.decode(data, type=CorpusVersion)
    except msgspec.DecodeError as error:
        raise InputError(f"{path}: expected a corpus version, got something else ({error}). Run `holdfast corpus run` again.") from error


def write_version(folder: Path, version: CorpusVersion) -> str:
    """Write `corpus.json` and its digest beside it, and return the version's id. The last thing that is written to a corpus folder."""
    data = pretty_json(version)
    write_atomically(folder / SUM_FILE, f"{digest_bytes(data)}  {CORPUS_FILE}\n".encode())
    write_atomically(folder / CORPUS_FILE, data)
    return version_id(version)
