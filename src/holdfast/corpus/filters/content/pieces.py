"""Documents cut into pieces of the length that models of requests and comments were made for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["Pieces", "cut_pieces", "greatest", "mean"]


class Pieces(NamedTuple):
    """Pieces of a batch of texts, in order."""

    texts: list[str]
    owners: NDArray[np.int64]
    """The number of the text that each piece is of."""
    of: int
    """How many texts there were."""


def cut_pieces(texts: pa.Array, characters: int, most: int) -> Pieces:
    """Cut each text into pieces of so many characters; of a text with more than `most`, that many spread evenly over it.

    Pieces of white space alone are left out.
    """
    pieces: list[str] = []
    owners: list[int] = []
    for owner, text in enumerate(texts.to_pylist()):
        starts = range(0, len(text), characters)
        chosen = starts if len(starts) <= most else [starts[place * len(starts) // most] for place in range(most)]
        for start in chosen:
            piece = text[start : start + characters]
            if not piece.isspace():
                pieces.append(piece)
                owners.append(owner)
    return Pieces(pieces, np.array(owners, dtype=np.int64), len(texts))


def greatest(values: NDArray[np.float64], pieces: Pieces) -> NDArray[np.float64]:
    """Return the greatest value of each text's pieces; not a number where none has one."""
    found = np.full(pieces.of, -np.inf)
    known = ~np.isnan(values)
    np.maximum.at(found, pieces.owners[known], values[known])
    return np.where(np.isinf(found), np.nan, found)


def mean(values: NDArray[np.float64], pieces: Pieces) -> NDArray[np.float64]:
    """Return the mean value of each text's pieces; not a number where none has one."""
    known = ~np.isnan(values)
    sums = np.bincount(pieces.owners[known], values[known], pieces.of)
    counts = np.bincount(pieces.owners[known], minlength=pieces.of)
    found = np.full(pieces.of, np.nan)
    np.divide(sums, counts, out=found, where=counts > 0)
    return found
