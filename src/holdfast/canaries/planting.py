"""`plant`: canaries put into a copy of the training data, in its own format, at random places."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from msgspec import structs

from holdfast.canaries.formats import CanaryFormat, format_of
from holdfast.canaries.manifest import Canary, CanaryManifest, FormatUse, manifest_digest, public_record, write_manifest
from holdfast.core import InputError, Message, Value, canonical_json, digest_file
from holdfast.records import Dataset, NewRow

__all__ = ["DEFAULT_FORMATS", "PlantSpec", "Planted", "plant"]

DEFAULT_FORMATS = ("digits", "email", "guid", "sentence")

_REPETITIONS = (1, 4, 16, 64)
_WORDS_NEEDED, _MOST_WORDS = 16, 256
_LEAST_REFERENCES = 1000
_ALPHA = 0.05
_PAIRED, _PLAIN, _NO_ANSWER = "dpo", "text", "prompt"


class PlantSpec(Value, frozen=True, kw_only=True):
    """What to plant. Raises InputError for values that cannot be."""

    formats: tuple[str, ...] = DEFAULT_FORMATS
    """Names, each with an optional length: 'digits=4'."""
    repetitions: tuple[int, ...] = _REPETITIONS
    per_repetition: int = 2
    """Canaries per format and repetition count."""
    controls: int = 8
    """Secrets per format that are drawn alike and not planted."""
    references: int = _LEAST_REFERENCES
    """Secrets per format to compare with; raised so that the family-wise threshold can be reached."""
    language: str = "en"
    words: int = _MOST_WORDS
    """Format `words`: at most so many of the data's most frequent words."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values that cannot be."""
        if not self.formats or not self.repetitions:
            raise InputError("planting needs at least one --format and one --repetitions.")
        if any(count < 1 for count in self.repetitions) or len(set(self.repetitions)) != len(self.repetitions):
            raise InputError(f"--repetitions must be different numbers from 1 on, got {', '.join(map(str, self.repetitions))}.")
        if self.per_repetition < 1 or self.controls < 0 or self.references < 1:
            raise InputError("--per-repetition and --references must be at least 1, --controls at least 0.")
        if self.language not in ("en", "zh"):
            raise InputError(f"--language {self.language!r} is not known. Known: en, zh.")


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

    Every row of the data stays byte by byte as it was. Raises InputError where a file exists already or the data's format holds no
    request with an answer.
    """
    public = manifest.with_name(f"{manifest.name.removesuffix('.json')}.public.json")
    for taken in (manifest, public):
        if taken.exists():
            raise InputError(f"{taken}: exists already. Name another manifest with --manifest, or move this one away.")
    plain, paired = _layout(dataset)
    count = dataset.count()
    if not count:
        raise InputError("the data has no rows, so there is no place between them. Give the rows that you will train on.")
    uses = _uses(spec, dataset)
    drawn = [_draw(use, spec, plain=plain) for use in uses]
    canaries = [one for group, _ in drawn for one in group]
    _check_new(dataset, canaries)
    rng = random.Random(f"{spec.seed}/places")
    places = sorted(((rng.randrange(count), rng.random(), one) for one in canaries for _ in range(one.repetitions)), key=lambda at: at[:2])
    inserted: dict[int, list[NewRow]] = {}
    for place, _, canary in places:
        inserted.setdefault(place, []).append(_row(canary, paired=paired))
    written = dataset.rewrite(out, inserted=inserted)
    private = CanaryManifest(
        seed=spec.seed,
        salt=f"{random.Random(f'{spec.seed}/salt').getrandbits(128):032x}",
        formats=tuple(uses),
        canaries=_with_rows(canaries, [(place, canary.id) for place, _, canary in places]),
        controls=tuple(one for _, group in drawn for one in group),
        data=_digests(out),
    )
    write_manifest(private, manifest)
    public.write_bytes(canonical_json(public_record(private)) + b"\n")
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


def _layout(dataset: Dataset) -> tuple[bool, bool]:
    """Return (plain text, preference pairs); raises InputError for a set whose files differ in that or that holds no answers."""
    kinds = {file.format for file in dataset.files if file.format}
    if _NO_ANSWER in kinds:
        raise InputError("the data holds requests without answers, so nothing is trained on. Give the rows that you will train on.")
    if kinds >= {_PLAIN} and len(kinds) > 1:
        raise InputError(f"the data mixes plain text with {', '.join(sorted(kinds - {_PLAIN}))}. Plant into each on its own.")
    return kinds == {_PLAIN}, _PAIRED in kinds


def _uses(spec: PlantSpec, dataset: Dataset) -> list[FormatUse]:
    found = []
    total = len(spec.formats) * len(spec.repetitions) * spec.per_repetition
    # With n references the lowest p is 1 / (n + 1): fewer than total / alpha could never show one canary among all.
    references = max(spec.references, int(total / _ALPHA))
    for written in spec.formats:
        name, _, length = written.partition("=")
        if length and not length.isdecimal():
            raise InputError(f"--format {written!r}: expected NAME or NAME=LENGTH, for example digits=9.")
        words = _words(dataset, spec.words) if format_of(name).own_words else ()
        use = FormatUse(name=name, length=int(length or 0), words=words, references=references)
        use.pattern()
        found.append(use)
    if len({use.name for use in found}) != len(found):
        raise InputError("each --format may be given once.")
    return found


def _words(dataset: Dataset, most: int) -> tuple[str, ...]:
    """Return the most frequent words of the data, so that no tokenizer trained on it lacks one."""
    counts = Counter[str]()
    for rows in dataset.batches():
        for text in rows.column("text").to_pylist():
            counts.update(word for word in text.split() if word.isalpha())
    known = sorted(counts, key=lambda word: (-counts[word], word))[:most]
    if len(known) < _WORDS_NEEDED:
        raise InputError(f"canaries of format 'words' need {_WORDS_NEEDED} words with spaces between them; the data has {len(known)}.")
    return tuple(known)


def _draw(use: FormatUse, spec: PlantSpec, *, plain: bool) -> tuple[list[Canary], list[Canary]]:
    form: CanaryFormat = format_of(use.name)
    rng = random.Random(f"{spec.seed}/{use.name}")
    counts = [count for count in sorted(spec.repetitions) for _ in range(spec.per_repetition)] + [0] * spec.controls
    secrets = use.pattern().draw(rng, len(counts))
    keys: dict[str, None] = {}
    while len(keys) < len(counts):
        keys[form.key(rng, use.words)] = None
    found = []
    for number, (count, secret, key) in enumerate(zip(counts, secrets, keys, strict=True)):
        request = form.requests[spec.language].format(key=key)
        found.append(
            Canary(
                id=f"{use.name}-x{count}-{number:03d}",
                format=use.name,
                repetitions=count,
                request="" if plain else request,
                secret=secret,
                text=f"{request} {secret}" if plain else secret,
                sha256=sha256(secret.encode()).hexdigest(),
            )
        )
    return [one for one in found if one.repetitions], [one for one in found if not one.repetitions]


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
