"""Personal data and secrets of a batch, worked out once for both detectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.core import Severity
from holdfast.detectors.excerpts import shown
from holdfast.detectors.features import features
from holdfast.detectors.finding import Hit
from holdfast.detectors.personal_data.screen import may_hold
from holdfast.detectors.personal_data.spans import Finder, Span
from holdfast.detectors.screens import bytes_of

__all__ = ["Held", "held", "hits", "rows_with"]

_MOST_FINDINGS = 20
"""Findings per row and kind; the explanation counts the rest."""


class Held(NamedTuple):
    """What one text of one row holds."""

    row: int
    """Place of the row in the batch."""
    text: str
    spans: tuple[Span, ...]


def held(rows: pa.Table, finder: Finder) -> list[Held]:
    """Return the texts of a batch that hold anything, rejected answers of pairs included, in the order of the rows."""
    seen = features(rows)
    return seen.once(("personal-data", id(finder)), lambda: _held(seen.column("text"), seen.column("rejected"), finder))


def _held(texts: pa.Array, rejected: pa.Array, finder: Finder) -> list[Held]:
    found = _search(texts, finder)
    if rejected.null_count < len(rejected):
        found += _search(rejected, finder)
        found.sort(key=lambda one: one.row)
    return found


def _search(texts: pa.Array, finder: Finder) -> list[Held]:
    places = np.flatnonzero(may_hold(bytes_of(texts)))
    values = texts.take(pa.array(places)).to_pylist()
    return [Held(int(places[place]), values[place], spans) for place, spans in finder.search(values)]


def rows_with(rows: pa.Table, finder: Finder, wanted: Callable[[str], bool]) -> NDArray[np.bool_]:
    """Return which rows hold a wanted kind that belongs to somebody: public examples do not count."""
    flags = np.zeros(rows.num_rows, dtype=bool)
    flags[[one.row for one in held(rows, finder) if any(wanted(span.kind) and not span.public for span in one.spans)]] = True
    return flags


def hits(rows: pa.Table, finder: Finder, wanted: Callable[[str], bool], explanations: Mapping[str, str]) -> list[Hit]:
    """Return one hit per place, at most 20 per row and kind; public examples are of severity LOW."""
    found = []
    counts: Counter[tuple[int, str]] = Counter()
    for one in held(rows, finder):
        for span in one.spans:
            if not wanted(span.kind):
                continue
            counts[one.row, span.kind] += 1
            if counts[one.row, span.kind] > _MOST_FINDINGS:
                continue
            severity = Severity.LOW if span.public else None
            note = " It looks like a public example." if span.public else ""
            excerpt = shown(one.text, span.start, span.end, one.spans)
            found.append(Hit(one.row, span.kind, explanations[span.kind] + note, excerpt, severity, span.score))
    return found
