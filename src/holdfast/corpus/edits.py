"""What changes the text of documents that stay: repeated lines taken out, and finds of detectors replaced."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["Redact", "cut_out", "replaced"]

Redact = Callable[[pa.Array], pa.Array]
"""Texts to texts; one that has nothing to redact comes back as it was."""


def cut_out(texts: pa.Array, rows: NDArray[np.int64], cuts: pa.Table) -> tuple[pa.Array, NDArray[np.bool_]]:
    """Return texts without the stretches that `cuts` (CUTS) names for their rows, and which texts that changed."""
    changed = np.isin(rows, cuts["row"].to_numpy())
    if not changed.any():
        return texts, changed
    stretches: dict[int, list[tuple[int, int]]] = {}
    for row, start, end in zip(cuts["row"].to_pylist(), cuts["start"].to_pylist(), cuts["end"].to_pylist(), strict=True):
        stretches.setdefault(row, []).append((start, end))
    made = []
    for place in np.flatnonzero(changed).tolist():
        data = texts[place].as_buffer().to_pybytes()
        kept, at = [], 0
        for start, end in stretches[int(rows[place])]:
            kept.append(data[at:start])
            at = end
        made.append(b"".join([*kept, data[at:]]).decode())
    return replaced(texts, changed, pa.array(made, pa.large_string())), changed


def replaced(texts: pa.Array, where: NDArray[np.bool_], made: pa.Array) -> pa.Array:
    """Return texts with those of a mask replaced, in order."""
    places = np.arange(len(texts))
    places[where] = len(texts) + np.arange(len(made))
    return pa.concat_arrays([texts, made]).take(pa.array(places))
