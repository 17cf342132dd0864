"""`show`: everything that a corpus knows of one row, found by its place, its digest or its text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core import InputError, Value
from holdfast.provenance.index import read_origins
from holdfast.provenance.origins import ORIGINS
from holdfast.provenance.places import find_shard, inside, parse_row, stem
from holdfast.provenance.texts import text_at, text_digest
from holdfast.provenance.versions import CorpusShard, CorpusStep, CorpusVersion, read_version, version_id
from holdfast.provenance.wanted import CANARY

__all__ = ["RowOrigin", "StepSeen", "find_rows", "show_row"]

_HEX = 32
_MOST = 100
Progress = Callable[[str, int, int], None]


class StepSeen(Value, frozen=True, kw_only=True):
    """One step of the run, as it met a row."""

    name: str
    version: str
    settings: dict[str, Any]
    did: str
    """'saw', 'changed', 'left out', or 'never saw': a step after the one that left it out, or before it was planted."""


class RowOrigin(Value, frozen=True, kw_only=True):
    """Where one row came from."""

    corpus: str
    shard: str
    row: int
    kept: bool
    """False for a document that was left out."""
    reason: str | None
    """Why it was left out."""
    canary: bool
    source: str
    file: str | None
    line: int | None
    url: str | None
    host: str | None
    author: str | None
    date: datetime | None
    crawled: str | None
    """When its source was crawled, as the source says."""
    licence: str | None
    """Of the row, else of its source."""
    digest: str
    """BLAKE2b of 16 bytes over its text."""
    document: int | None
    intact: bool | None
    """Whether the text in the shard has this digest; None where the text was not looked at or is not there."""
    steps: tuple[StepSeen, ...]


def show_row(folder: Path, row: str) -> RowOrigin:
    """Return where a row came from, given as SHARD:ROW; raises InputError for a row that is not there."""
    version = read_version(folder)
    named, number = parse_row(row)
    shard = find_shard(version, named)
    if number >= shard.rows:
        raise InputError(f"{shard.name} has {shard.rows} rows, counted from 0, and {number} was asked for.")
    return _origin(folder, version, shard, number)


def find_rows(
    folder: Path, *, text: str | None = None, digest: str | None = None, progress: Progress = lambda what, done, total: None
) -> tuple[RowOrigin, ...]:
    """Return the rows with a text or a digest, at most 100, those left out too; reads the digests of every provenance file.

    Raises InputError for a digest that is none, and where no row has it.
    """
    if (text is None) == (digest is None):
        raise InputError("expected one of a row, --text and --digest.")
    wanted = text_digest(text) if text is not None else _digest(digest or "")
    version = read_version(folder)
    shards = (*version.shards, *version.rejected)
    found: list[RowOrigin] = []
    for done, shard in enumerate(shards, 1):
        column = read_origins(inside(folder, shard.provenance), ["digest"])["digest"]
        hits = pc.indices_nonzero(pc.equal(column, pa.scalar(wanted, pa.binary(16)))).to_pylist()
        found += [_origin(folder, version, shard, number) for number in hits[: _MOST - len(found)]]
        progress("look up", done, len(shards))
        if len(found) >= _MOST:
            break
    if not found:
        what = f"this text (BLAKE2b {wanted.hex()})" if text is not None else f"digest {wanted.hex()}"
        raise InputError(f"no row of {version.name!r}, kept or left out, has {what}. A text must be given exactly as it was written.")
    return tuple(found)


def _digest(given: str) -> bytes:
    try:
        value = bytes.fromhex(given)
    except ValueError:
        value = b""
    if len(given) != _HEX or len(value) * 2 != _HEX:
        raise InputError(f"--digest: expected BLAKE2b of 16 bytes, {_HEX} hexadecimal digits, got {len(given)} characters.")
    return value


def _origin(folder: Path, version: CorpusVersion, shard: CorpusShard, number: int) -> RowOrigin:
    origins = read_origins(inside(folder, shard.provenance), ORIGINS.names)
    if number >= origins.num_rows:
        raise InputError(
            f"{shard.provenance} has {origins.num_rows} rows, and row {number} was asked for. Run `holdfast provenance verify`."
        )
    row = origins.slice(number, 1).to_pylist()[0]
    source = next((one for one in version.sources if one.name == row["source"]), None)
    canary = row["source"] == CANARY
    return RowOrigin(
        corpus=version_id(version),
        shard=shard.name,
        row=number,
        kept=row["reason"] is None,
        reason=row["reason"],
        canary=canary,
        **{name: row[name] for name in ("source", "file", "line", "url", "host", "author", "date", "document")},
        crawled=source.crawled if source is not None else None,
        licence=row["licence"] or (source.stated_licence if source is not None else None),
        digest=row["digest"].hex(),
        intact=_intact(inside(folder, shard.name), number, row["digest"]),
        steps=_steps(version.steps, row["steps"], row["reason"], canary),
    )


def _intact(path: Path, number: int, digest: bytes) -> bool | None:
    try:
        text = text_at(path, number)
    except InputError:
        return None
    return text is not None and text_digest(text) == digest


def _steps(steps: tuple[CorpusStep, ...], changed: int, reason: str | None, canary: bool) -> tuple[StepSeen, ...]:
    out, seen = [], not canary
    for place, step in enumerate(steps):
        planted = canary and not seen and stem(step.name).startswith("canar")
        seen = seen or planted
        did = "saw" if seen else "never saw"
        if seen and (changed >> place) & 1:
            did = "changed"
        if seen and reason is not None and reason in step.removed:
            did = "left out"
        out.append(StepSeen(name=step.name, version=step.version, settings=step.settings, did="planted" if planted else did))
        seen = seen and did != "left out"
    return tuple(out)
