"""Whether the planted canaries are still in the data that a model was trained on."""

from __future__ import annotations

from collections import Counter

from holdfast.canaries.manifest import CanaryManifest
from holdfast.core import InputError, Value
from holdfast.records import Dataset

__all__ = ["Presence", "check_presence"]


class Presence(Value, frozen=True, kw_only=True):
    """How many copies of each canary the data holds."""

    copies: dict[str, int]
    """Canary id to copies found, controls with them."""
    notes: tuple[str, ...]
    """What differs from the manifest, one sentence each."""


def check_presence(manifest: CanaryManifest, dataset: Dataset) -> Presence:
    """Count the canaries' copies in the data. Raises InputError where there is none of them, or where a control was trained on.

    Copies that deduplication removed are no error: exposure is then reported by what the data really holds.
    """
    known = {canary.text: canary.id for canary in (*manifest.canaries, *manifest.controls)}
    found = Counter[str]()
    for rows in dataset.batches():
        for turns in rows.column("turns").to_pylist():
            found.update(known[text] for turn in turns if (text := turn["content"]) in known)
    controls = [canary.id for canary in manifest.controls if found[canary.id]]
    if controls:
        raise InputError(
            f"the data holds {len(controls)} of the manifest's controls, which were never planted. Give the data that it was written for."
        )
    if manifest.canaries and not any(found[canary.id] for canary in manifest.canaries):
        raise InputError(
            f"the canary manifest does not match the data: none of its {len(manifest.canaries)} canaries is there. Give the manifest "
            "that was written with this data; if deduplication removed them all, train on the data that has them, or leave --canaries out: "
            "extraction, membership and personal data need none."
        )
    fewer = [canary for canary in manifest.canaries if found[canary.id] < canary.repetitions]
    more = [canary for canary in manifest.canaries if found[canary.id] > canary.repetitions]
    notes = []
    if fewer:
        lost = sum(canary.repetitions - found[canary.id] for canary in fewer)
        gone = sum(not found[canary.id] for canary in fewer)
        notes.append(
            f"{len(fewer)} of {len(manifest.canaries)} canaries have fewer copies in the data than were planted ({lost:,} copies are "
            f"missing, {gone} canaries are gone), as after deduplication; exposure is given by the copies that are there."
        )
    if more:
        notes.append(f"{len(more)} canaries have more copies than were planted; exposure is given by the copies that are there.")
    return Presence(copies={name: found[name] for name in known.values()}, notes=tuple(notes))
