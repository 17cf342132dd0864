"""From numbers to a table of measures, and from limits to decisions.

Measures are 32-bit floats, and limits are compared as such: a share that is exactly at its limit is not beyond it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["Limit", "beyond", "measured", "share"]


class Limit(NamedTuple):
    """One rule over one measure; where a measure is null no rule takes the document."""

    reason: str
    measure: str
    low: float | None = None
    """Less than this goes."""
    high: float | None = None
    """More than this goes."""
    itself: bool = False
    """A measure that is exactly at the limit goes as well."""


def share(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """Return part / whole, not a number where there is no whole."""
    found = np.full(len(part), np.nan)
    np.divide(part, whole, out=found, where=np.asarray(whole) > 0)
    return found


def measured(columns: Mapping[str, NDArray[Any]], names: Iterable[str]) -> pa.Table:
    """Return measures as a table in the order of `names`; what is not a number becomes null."""
    return pa.table({name: pa.array(columns[name].astype(np.float32), from_pandas=True) for name in names})


def beyond(name: str, measures: pa.Table, limits: Iterable[Limit]) -> dict[str, NDArray[np.bool_]]:
    """Return, per limit that is set, which documents go; the reason starts with the filter's name."""
    found = {}
    for limit in limits:
        if limit.low is None and limit.high is None:
            continue
        values = measures.column(limit.measure).to_numpy().astype(np.float32)
        goes = np.zeros(len(values), dtype=bool)
        if limit.low is not None:
            goes |= (values <= np.float32(limit.low)) if limit.itself else (values < np.float32(limit.low))
        if limit.high is not None:
            goes |= (values >= np.float32(limit.high)) if limit.itself else (values > np.float32(limit.high))
        found[f"{name}: {limit.reason}"] = goes
    return found
