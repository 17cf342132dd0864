"""What was read, once all shards are measured: documents, what could not be read, and the digests of the sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow.compute as pc

from holdfast.core import InputError, digest
from holdfast.corpus.column_accounts import ColumnAccount
from holdfast.corpus.running import CorpusRun
from holdfast.corpus.sources.reader import Broken

__all__ = ["Accounts", "SourceAccount", "account"]

_ALWAYS = 10
_NAMED = 3
_KEPT = 100


class SourceAccount(NamedTuple):
    """One source, as it was read."""

    files: int
    bytes: int
    documents: int
    text_bytes: int
    broken: int
    """Documents that cannot be read."""
    examples: tuple[tuple[str, Broken], ...]
    """Some of them, with the names of their files."""
    digest: str
    notes: tuple[str, ...]
    """What its columns do not say, for people."""


class Accounts(NamedTuple):
    """All sources, and where in its file each shard begins."""

    sources: tuple[SourceAccount, ...]
    first_lines: tuple[int, ...]
    """Per shard: lines of its first piece's file that stand before that piece."""


def account(work: CorpusRun) -> Accounts:
    """Add up what was read.

    Raises InputError where more documents of a source are broken than it allows, where none has a column that the configuration names,
    and where no source has a document: a corpus of nothing would pass every check.
    """
    plan = work.plan
    documents, texts, broken = ([0] * len(plan.listings) for _ in range(3))
    examples: list[list[tuple[str, Broken]]] = [[] for _ in plan.listings]
    seen: list[list[object]] = [[] for _ in plan.listings]
    columns = [ColumnAccount() for _ in plan.listings]
    first_lines = []
    file, lines = "", 0
    for shard in plan.shards:
        sizes = work.part(shard.number, "facts", ["bytes"])["bytes"]
        documents[shard.source] += len(sizes)
        texts[shard.source] += pc.sum(sizes).as_py() or 0
        found = work.part(shard.number, "broken").to_pylist()
        broken[shard.source] += len(found)
        room = _KEPT - len(examples[shard.source])
        read = work.part(shard.number, "pieces").to_pylist()
        first_lines.append(lines if shard.pieces[0].file == file else 0)
        for one in found[:room]:
            base = first_lines[-1] if one["piece"] == 0 else 0
            examples[shard.source].append((shard.pieces[one["piece"]].name, Broken(**{**one, "line": one["line"] + base})))
        columns[shard.source].add(work.part(shard.number, "columns").to_pylist(), shard, first_lines[-1])
        for piece, what in zip(shard.pieces, read, strict=True):
            lines = what["lines"] + (lines if piece.file == file else 0)
            file = piece.file
            seen[shard.source].append([piece.name, piece.size, what["sha256"]])
    sources = tuple(
        SourceAccount(
            files=len(listing.files),
            bytes=sum(one.size for one in listing.files) if listing.files[0].format != "hub" else texts[index],
            documents=documents[index],
            text_bytes=texts[index],
            broken=broken[index],
            examples=tuple(examples[index]),
            digest=digest(seen[index]),
            notes=columns[index].notes(plan.spec.sources[index]),
        )
        for index, listing in enumerate(plan.listings)
    )
    _check_any(sources)
    for source, one in zip(plan.spec.sources, sources, strict=True):
        _check(source.name, source.max_broken, one)
    for source, one, told in zip(plan.spec.sources, sources, columns, strict=True):
        if one.documents:
            told.check(source)
    return Accounts(sources, tuple(first_lines))


def _check(name: str, allowed: float, one: SourceAccount) -> None:
    of = one.documents + one.broken
    # As in a training file: ten always may, but never more than a tenth.
    if one.broken <= max(allowed * of, min(_ALWAYS, of // 10)):
        return
    raise InputError(
        f"sources: {name}: {one.broken:,} of {one.documents + one.broken:,} documents cannot be read, and {allowed:.1%} may be. "
        f"The first: {_first(one)}. Mend the files, or allow more with `max_broken` of the source."
    )


def _check_any(sources: Sequence[SourceAccount]) -> None:
    if any(one.documents for one in sources):
        return
    files = sum(one.files for one in sources)
    broken = [_first(one) for one in sources if one.broken]
    what = f"none can be read; the first: {broken[0]}" if broken else "all are empty"
    raise InputError(f"sources: expected documents in {files:,} file{'s' * (files != 1)}, and {what}. Mend or name other files.")


def _first(one: SourceAccount) -> str:
    return "; ".join(f"{file}:{bad.line}: {bad.reason}" for file, bad in one.examples[:_NAMED])
