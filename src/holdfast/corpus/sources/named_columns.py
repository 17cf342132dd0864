"""The columns that a source names, read and counted: a name that is in no document turns off what needs it, and must be said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.corpus.sources.columns import as_strings
from holdfast.corpus.sources.dates import as_dates, is_said
from holdfast.corpus.sources.reader import Tally
from holdfast.corpus.spec import SourceSpec

__all__ = ["columns_named", "read_column", "unread_dates"]


def columns_named(source: SourceSpec) -> dict[str, str]:
    """Return the columns beside the text that a source names, by the setting that names them."""
    named = {"url": source.url, "author": source.author, "date": source.date, "licence": source.licence_column}
    return {setting: column for setting, column in named.items() if column is not None}


def read_column(setting: str, values: pa.Array | Sequence[Any], lines: NDArray[np.int64], tally: Tally, *, there: int) -> pa.Array:
    """Return a column as the batch holds it, dates or texts, and tell the tally what it was.

    Args:
        setting: what names it.
        values: as the source gives them.
        lines: where each stands in its piece, from 1.
        tally: of the shard.
        there: how many of these documents have the column at all.
    """
    if setting != "date":
        made = as_strings(values)
        tally.saw(setting, there=there, filled=len(made) - made.null_count)
        return made
    made = as_dates(values)
    unread = unread_dates(values, made)
    tally.saw(setting, there=there, filled=len(made) - made.null_count + len(unread), unread=[int(lines[index]) for index in unread])
    return made


def unread_dates(values: pa.Array | Sequence[Any], made: pa.Array) -> list[int]:
    """Return the places of values that are meant as dates and that none was made of."""
    if not made.null_count:
        return []
    empty = np.flatnonzero(pc.is_null(made).to_numpy(zero_copy_only=False)).tolist()
    if not isinstance(values, pa.Array):
        return [index for index in empty if is_said(values[index])]
    return [index for index, value in zip(empty, values.take(pa.array(empty, pa.int64())).to_pylist(), strict=True) if is_said(value)]
