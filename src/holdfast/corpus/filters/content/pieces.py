"""Documents cut into pieces of the length that models of requests and comments were made for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["Pieces", "cut_lines", "cut_pieces", "greatest", "mean"]

_SHORTEST = 12
"""Characters of a line below which it says too little to be judged."""


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
    found = ([text[start : start + characters] for start in range(0, len(text), characters)] for text in texts.to_pylist())
    return _spread([[piece for piece in pieces if not piece.isspace()] for pieces in found], most)


def cut_lines(texts: pa.Array, characters: int, most: int) -> Pieces:
    """Cut each text into its lines, and longer lines into pieces of so many characters; short lines are left out.

    Of a text with more than `most`, that many are taken, spread evenly over it.
    """
    stripped = ([line for one in text.split("\n") if len(line := one.strip()) >= _SHORTEST] for text in texts.to_pylist())
    found = [[line[start : start + characters] for line in lines for start in range(0, len(line), characters)] for lines in stripped]
    return _spread(found, most)


def _spread(found: list[list[str]], most: int) -> Pieces:
    chosen = [pieces if len(pieces) <= most else [pieces[place * len(pieces) // most] for place in range(most)] for pieces in found]
    owners = np.repeat(np.arange(len(chosen)), [len(pieces) for pieces in chosen]).astype(np.int64)
    return Pieces([piece for pieces in chosen for piece in pieces], owners, len(chosen))


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
