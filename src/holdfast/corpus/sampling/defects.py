"""Which defects a document shows by itself: all that the filters would leave out, and all that the detectors find in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from holdfast.core import InputError, MissingExtraError, Severity, Value
from holdfast.corpus.filters import FILTERS, Documents, open_filters
from holdfast.corpus.filters.opening import notes as told_by
from holdfast.corpus.spec import CorpusSpec
from holdfast.corpus.steps import Trained
from holdfast.plugins import ScanOptions, load, names
from holdfast.records import open_dataset

__all__ = ["ANY_DETECTOR", "ANY_FILTER", "Defects", "find_defects"]

ANY_FILTER, ANY_DETECTOR = "filter: any", "detector: any"
_AT_A_TIME = 256
_PAIRS = (
    "Duplicates cannot be told from a sample: two copies seldom come up together. Run `holdfast corpus run`, or `holdfast scan` on a part.",
)


class Defects(Value, frozen=True, kw_only=True):
    """What was looked for, and where it is."""

    found: dict[str, tuple[int, ...]]
    """Defect to the places of the documents that have it, none for one that was looked for and is nowhere."""
    notes: tuple[str, ...]
    """What was not looked for, and why."""


def find_defects(texts: Sequence[str], spec: CorpusSpec, rows: Path) -> Defects:
    """Look at documents with the filters of a configuration (all filters with their defaults where it names none) and all detectors.

    Args:
        texts: the documents.
        spec: names filters and their settings.
        rows: the same documents as JSON Lines, for the detectors.
    """
    found: dict[str, set[int]] = {}
    notes = list(_PAIRS)
    settings = spec.filters or {name: {} for name in FILTERS}
    for name, given in settings.items():
        try:
            (one,) = open_filters({name: given})
            if isinstance(one, Trained):
                notes.append(f"Filter '{name}' is trained on the corpus first, so it was not asked.")
                continue
            notes += told_by([one])
            for start in range(0, len(texts), _AT_A_TIME):
                batch = Documents(pa.array(texts[start : start + _AT_A_TIME], pa.large_string()))
                for reason, taken in one.decide(one.measure(batch)).items():
                    title = f"filter: {reason if reason.startswith(name) else f'{name}: {reason}'}"
                    found.setdefault(title, set()).update(start + place for place in taken.nonzero()[0].tolist())
        except (InputError, MissingExtraError) as error:
            if spec.filters:
                raise
            notes.append(f"Filter '{name}' was not asked: {error}")
    found[ANY_FILTER] = set().union(*(places for defect, places in found.items()))
    found |= _detected(rows)
    return Defects(found={defect: tuple(sorted(places)) for defect, places in found.items()}, notes=tuple(notes))


def _detected(rows: Path) -> dict[str, set[int]]:
    """Return what detectors see in one document; what they conclude from all documents together is left out."""
    detectors = [load("detector", name)(ScanOptions()) for name in names("detector")]
    found: dict[str, set[int]] = {}
    for batch in open_dataset(rows).batches():
        for detector in detectors:
            findings = detector.look(batch)
            bad = {
                row
                for row, severity in zip(findings["row"].to_pylist(), findings["severity"].to_pylist(), strict=True)
                if severity != Severity.GOOD
            }
            # A detector that needs turns finds nothing in plain documents, which is no statement about them.
            if bad or detector.card.name in _PLAIN:
                found.setdefault(f"detector: {detector.card.name}", set()).update(bad)
    found[ANY_DETECTOR] = set().union(*found.values())
    return found


_PLAIN = ("personal-data", "secret", "hidden-text", "mojibake", "template-risk", "empty-text")
"""Detectors that look at any text, so that finding nothing says something."""
