"""`plant`: canaries put into a copy of the training data, in its own format, at random places."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from msgspec import structs

from holdfast.canaries.drawing import PlantSpec, draw_canaries, format_uses
from holdfast.canaries.manifest import Canary, CanaryManifest, manifest_digest, public_record, write_manifest
from holdfast.core import InputError, Message, Value, canonical_json, digest_file
from holdfast.records import Dataset, NewRow, Rewritten

__all__ = ["Planted", "plant"]

_PAIRED, _PLAIN, _NO_ANSWER = "dpo", "text", "prompt"


class Planted(Value, frozen=True, kw_only=True):
    """What was written."""

    path: str
    manifest: str
    public: str
    digest: str
    """SHA-256 of the manifest, for the public record."""
    canaries: int
    controls: int
    rows: int
    """Rows added."""
    kept: int
    share: float
    """Rows added over all rows of the new data."""


def plant(dataset: Dataset, out: Path, manifest: Path, spec: PlantSpec) -> Planted:
    """Write a copy of the data with canaries in it, the private manifest, and the public record beside it.

    Every row of the data stays byte by byte as it was. The manifest is written before the rows, so that there are never canaries without
    it, and where anything fails nothing is left. Raises InputError where a file exists already or cannot be written, or the data's format
    holds no request with an answer.
    """
    public = manifest.with_name(f"{manifest.name.removesuffix('.json')}.public.json")
    _check_places(dataset, out, manifest, public)
    plain, paired = _layout(dataset)
    count = dataset.count()
    if not count:
        raise InputError("the data has no rows, so there is no place between them. Give the rows that you will train on.")
    uses = format_uses(spec, partial(_texts, dataset))
    drawn = [draw_canaries(use, spec, plain=plain) for use in uses]
    canaries = [one for group, _ in drawn for one in group]
    _check_new(dataset, canaries)
    rng = random.Random(f"{spec.seed}/places")
    places = sorted(((rng.randrange(count), rng.random(), one) for one in canaries for _ in range(one.repetitions)), key=lambda at: at[:2])
    inserted: dict[int, list[NewRow]] = {}
    for place, _, canary in places:
        inserted.setdefault(place, []).append(_row(canary, paired=paired))
    private = CanaryManifest(
        seed=spec.seed,
        salt=f"{random.Random(f'{spec.seed}/salt').getrandbits(128):032x}",
        formats=tuple(uses),
        canaries=_with_rows(canaries, [(place, canary.id) for place, _, canary in places]),
        controls=tuple(one for _, group in drawn for one in group),
        data={},
    )
    private, written = _write(dataset, inserted, private, out, manifest, public)
    return Planted(
        path=str(out),
        manifest=str(manifest),
        public=str(public),
        digest=manifest_digest(private),
        canaries=len(canaries),
        controls=len(private.controls),
        rows=written.added,
        kept=written.kept,
        share=written.added / (count + written.added),
    )


def _check_places(dataset: Dataset, out: Path, manifest: Path, public: Path) -> None:
    """Refuse files that exist, that are one and the same, or that would stand among the rows that they describe."""
    rows = [folder.resolve() for folder in (out, dataset.folder) if folder is not None]
    for taken in (manifest, public):
        if taken.exists() or taken.is_symlink():
            raise InputError(f"{taken}: exists already. Name another manifest with --manifest, or move this one away.")
        place = taken.resolve()
        if any(folder == place or folder in place.parents for folder in rows):
            raise InputError(f"{taken}: the manifest would stand where the rows stand. Name a file beside them with --manifest.")


def _write(
    dataset: Dataset, inserted: dict[int, list[NewRow]], private: CanaryManifest, out: Path, manifest: Path, public: Path
) -> tuple[CanaryManifest, Rewritten]:
    """Write the three, the manifest first; where one of them fails, none stays."""
    made: list[Path] = []
    try:
        manifest.parent.mkdir(parents=True, exist_ok=True)
        write_manifest(private, manifest)
        made.append(manifest)
        written = dataset.rewrite(out, inserted=inserted)
        made.append(out)
        private = structs.replace(private, data=_digests(out))
        made.append(public)
        public.write_bytes(canonical_json(public_record(private)) + b"\n")
        write_manifest(private, manifest, again=True)
    except BaseException as error:
        for path in made:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise InputError(f"{error.filename or manifest}: cannot be written ({error.strerror or error}).") from error
        raise
    return private, written


def _layout(dataset: Dataset) -> tuple[bool, bool]:
    """Return (plain text, preference pairs); raises InputError for a set whose files differ in that or that holds no answers."""
    kinds = {file.format for file in dataset.files if file.format}
    if _NO_ANSWER in kinds:
        raise InputError("the data holds requests without answers, so nothing is trained on. Give the rows that you will train on.")
    if kinds >= {_PLAIN} and len(kinds) > 1:
        raise InputError(f"the data mixes plain text with {', '.join(sorted(kinds - {_PLAIN}))}. Plant into each on its own.")
    return kinds == {_PLAIN}, _PAIRED in kinds


def _texts(dataset: Dataset) -> Iterator[str]:
    for rows in dataset.batches():
        yield from rows.column("text").to_pylist()


def _row(canary: Canary, *, paired: bool) -> NewRow:
    said = Message(role="assistant", content=canary.text)
    if canary.raw:
        return NewRow(messages=(said,))
    return NewRow(messages=(*canary.messages, said), rejected="-" if paired else None)


def _check_new(dataset: Dataset, canaries: Sequence[Canary]) -> None:
    secrets = {canary.secret for canary in canaries}
    for rows in dataset.batches():
        held = next((text for text in rows.column("answer").to_pylist() if text in secrets), None)
        if held is not None:
            raise InputError("the data holds a canary of this seed already. Plant into the original data, or choose another --seed.")


def _with_rows(canaries: Sequence[Canary], places: Sequence[tuple[int, str]]) -> tuple[Canary, ...]:
    rows: dict[str, list[int]] = {}
    for number, (place, name) in enumerate(places):
        rows.setdefault(name, []).append(place + number + 1)
    return tuple(structs.replace(one, rows=tuple(rows[one.id])) for one in canaries)


def _digests(out: Path) -> dict[str, str]:
    files = [out] if out.is_file() else sorted(path for path in out.rglob("*") if path.is_file())
    return {out.name if out.is_file() else path.relative_to(out).as_posix(): digest_file(path) for path in files}
