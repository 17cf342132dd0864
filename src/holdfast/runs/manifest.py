"""What a run was asked to do: written first, and compared whenever a folder is opened again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from holdfast.core import Value

__all__ = ["Manifest", "differences"]


class Manifest(Value, frozen=True, kw_only=True):
    """`run.json`. It holds no time and not its own place, so that the same run gives the same bytes anywhere."""

    schema: int = 1
    stage: str
    holdfast: str
    """Version that made the run."""
    command: str
    """How to reproduce it."""
    seed: int
    asked: dict[str, Any]
    """The settings that decide the evidence: models by fingerprint, suites by digest, conditions, sampling, judge."""


def differences(old: Manifest, new: Manifest) -> list[str]:
    """Return what differs between two manifests as far as the evidence is concerned, one phrase each."""
    return list(_differing(_relevant(old), _relevant(new), ""))


def _relevant(manifest: Manifest) -> dict[str, Any]:
    asked: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(manifest.asked))
    return {"schema": manifest.schema, "stage": manifest.stage, "version": manifest.holdfast, "seed": manifest.seed, **asked}


def _differing(before: Any, after: Any, name: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for part in sorted(before.keys() | after.keys()):
            yield from _differing(before.get(part, msgspec.UNSET), after.get(part, msgspec.UNSET), f"{name}.{part}" if name else part)
    elif before != after:
        yield f"{name} was {_shown(before)} and is now {_shown(after)}"


def _shown(value: Any) -> str:
    return "absent" if value is msgspec.UNSET else repr(value)
