"""Canaries in a corpus: what is planted, and where, from a secret seed and the number of documents that every shard keeps.

The plan knows canaries and places only, so it stays small however large the corpus is, and it is the same on every engine: it is made
once, before shards are written, and each writer gets the canaries of its own shard. They are planted after filters and
deduplication, which therefore never see them.
"""

from __future__ import annotations

import random
import secrets
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np
import pyarrow as pa
from msgspec import structs, to_builtins

from holdfast.canaries import (
    CanaryManifest,
    PlantSpec,
    draw_canaries,
    format_of,
    format_uses,
    manifest_digest,
    read_manifest,
    write_manifest,
)
from holdfast.core import InputError, Value
from holdfast.corpus.documents import document_id
from holdfast.corpus.spec import CanarySettings
from holdfast.corpus.steps import PLACES, Duplicates
from holdfast.corpus.work import Work

__all__ = ["MANIFEST_SUFFIX", "PlannedCanaries", "kept_texts", "manifest_path", "plan_canaries", "public_settings", "reads_words"]

MANIFEST_SUFFIX = ".canaries.json"

_SEED_BITS = 63
_SHARDS_READ = 32
_CHARACTERS = 1 << 24
"""Of text read for the corpus's own words, about."""


class PlannedCanaries(Value, frozen=True, kw_only=True):
    """What is planted in a corpus; a `corpus.steps.Planting`. Private, as the manifest is: it holds the secrets."""

    manifest: CanaryManifest
    """Its canaries' `rows` are the numbers of their copies: shard times 2**32 plus row in the shard as written (`corpus.documents`)."""
    inserted: dict[int, tuple[tuple[int, str], ...]]
    """Shard to (kept document that the copy stands before, text) in order; shards without any are left out."""

    @property
    def canaries(self) -> int:
        """Return how many rows are planted, repetitions counted."""
        return sum(map(len, self.inserted.values()))

    @property
    def manifest_sha256(self) -> str:
        """Return the SHA-256 of the private manifest."""
        return manifest_digest(self.manifest)

    def places(self, shard: int) -> pa.Table:
        """Return PLACES of an output shard."""
        there = self.inserted.get(shard, ())
        return pa.table([[before for before, _ in there], [text for _, text in there]], schema=PLACES)


def plan_canaries(
    settings: CanarySettings, rows: Sequence[int], manifest: Path, *, texts: Callable[[], Iterable[str]] = lambda: ()
) -> PlannedCanaries:
    """Draw canaries and controls, and a place for every copy, uniform over the kept documents of all shards; write the manifest.

    Args:
        settings: what to plant. Without a seed there, that of the manifest is taken, and where there is none yet a secret one is drawn.
        rows: documents that each output shard keeps after filters and deduplication.
        manifest: where the private manifest goes (`manifest_path`); it may be there already, from a run that was stopped after it.
        texts: gives some of the kept texts; asked only where `reads_words` says so.

    Raises InputError for settings that cannot be, a corpus that keeps no document, and a manifest of another corpus in the way.
    """
    ends = list(accumulate(rows))
    if not ends or not ends[-1]:
        raise InputError("canaries: the corpus keeps no document to stand between. Loosen the filters, or leave canaries out.")
    own = _seed(settings, manifest)
    spec = _spec(settings, own)
    formats = tuple(format_uses(spec, texts))
    drawn = [draw_canaries(use, spec, plain=True) for use in formats]
    canaries = [canary for planted, _ in drawn for canary in planted]
    rng = random.Random(f"{own}/places")
    # Ties are broken by a second draw: the order of the formats must not show in the data.
    chosen = sorted(
        ((rng.randrange(ends[-1]), rng.random(), canary) for canary in canaries for _ in range(canary.repetitions)), key=lambda at: at[:2]
    )
    inserted: dict[int, list[tuple[int, str]]] = {}
    numbers: dict[str, list[int]] = {}
    for place, _, canary in chosen:
        shard = bisect_right(ends, place)
        there = inserted.setdefault(shard, [])
        before = place - (ends[shard] - rows[shard])
        numbers.setdefault(canary.id, []).append(document_id(shard, before + len(there)))
        there.append((before, canary.text))
    private = CanaryManifest(
        seed=own,
        salt=f"{random.Random(f'{own}/salt').getrandbits(128):032x}",
        formats=formats,
        canaries=tuple(structs.replace(canary, rows=tuple(numbers[canary.id])) for canary in canaries),
        controls=tuple(canary for _, controls in drawn for canary in controls),
        # Which files hold the copies is in corpus.json, which names this manifest by its digest.
        data={},
    )
    _keep(private, manifest)
    return PlannedCanaries(manifest=private, inserted={shard: tuple(there) for shard, there in inserted.items()})


def reads_words(settings: CanarySettings) -> bool:
    """Return whether a format is made of the corpus's own words, so that `plan_canaries` needs texts."""
    return any(format_of(written.partition("=")[0]).own_words for written in settings.formats)


def kept_texts(work: Work, duplicates: Duplicates | None) -> Iterator[str]:
    """Yield kept documents from the beginnings of up to 32 shards, spread evenly: enough to know a corpus's frequent words."""
    step = max(1, work.shards // _SHARDS_READ)
    for shard in range(0, work.shards, step):
        alive = work.part(shard, "facts", ["row"])["row"].to_numpy()[work.alive(shard)]
        removed = duplicates.removed(shard)["row"].to_numpy() if duplicates is not None else alive[:0]
        left = _CHARACTERS // _SHARDS_READ
        for batch in work.read(shard):
            chosen = np.isin(batch["row"].to_numpy(), np.setdiff1d(alive, removed))
            for text in batch["text"].filter(pa.array(chosen)).to_pylist():
                yield text
                left -= len(text)
            if left <= 0:
                break


def public_settings(settings: CanarySettings) -> dict[str, object]:
    """Return what `corpus.json` may say: everything but the seed, which is enough to draw the secrets again, and private places."""
    return {name: value for name, value in to_builtins(settings).items() if name not in ("seed", "manifest")}


def manifest_path(settings: CanarySettings, corpus: Path) -> Path:
    """Return where the manifest goes: where the settings say, else beside the corpus folder, never in it, since that is handed on."""
    return Path(settings.manifest) if settings.manifest is not None else corpus.with_name(f"{corpus.name}{MANIFEST_SUFFIX}")


def _seed(settings: CanarySettings, manifest: Path) -> int:
    """Return the seed of the canaries: a public one would let anybody draw the secrets again."""
    if settings.seed is not None:
        return settings.seed
    return read_manifest(manifest).seed if manifest.exists() else secrets.randbits(_SEED_BITS)


def _keep(manifest: CanaryManifest, path: Path) -> None:
    if not path.exists():
        write_manifest(manifest, path)
    elif read_manifest(path) != manifest:
        raise InputError(f"{path}: holds the canaries of another corpus. Move it away, or name another place with canaries.manifest.")


def _spec(settings: CanarySettings, seed: int) -> PlantSpec:
    return PlantSpec(
        formats=settings.formats,
        repetitions=settings.repetitions,
        per_repetition=settings.per_repetition,
        controls=settings.controls,
        references=settings.references,
        language=settings.language,
        seed=seed,
    )
