"""A corpus run that is ready to start: its files are listed, its shards are cut, and both are written down for the workers."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import InputError, Value, canonical_json, digest, pretty_json
from holdfast.corpus.planting import public_settings
from holdfast.corpus.sources.cutting import cut
from holdfast.corpus.sources.listing import Listing, list_source
from holdfast.corpus.sources.shards import Shard
from holdfast.corpus.spec import CorpusSpec

__all__ = ["CorpusPlan", "load_plan", "make_plan", "save_plan", "shard_key"]

_READING = "3"
"""Changes whenever the same bytes may be read as other documents."""


class CorpusPlan(Value, frozen=True, kw_only=True):
    """What is to be read."""

    spec: CorpusSpec
    listings: tuple[Listing, ...]
    """Of the sources, in their order."""
    shards: tuple[Shard, ...]

    @property
    def stamp(self) -> str:
        """A digest of all that is read: names, sizes and times of writing of the files, and how they are cut."""
        return digest([self.listings, self.spec.shard_size])

    def asked(self) -> dict[str, Any]:
        """Return what decides the result, for the manifest of the run folder."""
        files = {
            source.name: digest([[file.name, file.size] for file in listing.files])
            for source, listing in zip(self.spec.sources, self.listings, strict=True)
        }
        asked = msgspec.to_builtins(self.spec)
        if self.spec.canaries is not None:
            # Their seed is enough to draw the secrets again.
            asked["canaries"] = public_settings(self.spec.canaries)
        # As it will be read again, with lists for tuples.
        plain: dict[str, Any] = msgspec.json.decode(canonical_json(asked))
        return {**plain, "files": files}


def make_plan(spec: CorpusSpec) -> CorpusPlan:
    """List the sources and cut the shards; raises InputError for a source that cannot be read."""
    listings = tuple(list_source(source) for source in spec.sources)
    shards = cut(listings, spec.shard_size)
    if not shards:
        raise InputError("sources: expected documents, found only empty files.")
    return CorpusPlan(spec=spec, listings=listings, shards=shards)


def save_plan(plan: CorpusPlan, path: Path) -> None:
    """Write a plan where workers find it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(pretty_json(plan))
    draft.replace(path)


@lru_cache(maxsize=2)
def load_plan(path: Path, stamp: str) -> CorpusPlan:
    """Read a plan, once per process; `stamp` tells a plan from one that lay there before."""
    plan = msgspec.json.decode(path.read_bytes(), type=CorpusPlan)
    if plan.stamp != stamp:
        raise InputError(f"{path}: another run wrote its plan here. Give each run a folder of its own.")
    return plan


def shard_key(shard: Shard, spec: CorpusSpec) -> str:
    """Return what a shard's measures lie under: what it reads and how, so that its number in another run does not matter."""
    source = spec.sources[shard.source]
    columns = [source.text, source.url, source.author, source.date, source.licence_column]
    return digest([_READING, shard.format, shard.pieces, columns])[:24]
