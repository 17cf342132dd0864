"""Which texts can hold personal data or a secret at all, told from the bytes of a whole column at once.

Most texts hold few digits and no long run of characters without a blank, and what the finder looks for does without both only
where it has a mark of its own. The screen lets through too much, and never too little.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from holdfast.detectors.screens import in_blocks, texts_with, times_held
from holdfast.similarity.folding import FoldedBytes

__all__ = ["LEAST_DIGITS", "LEAST_UNBROKEN", "may_hold"]

LEAST_DIGITS = 4
"""Digits of an address such as 1.1.1.1, which has the fewest of all kinds that are told by their digits."""
LEAST_UNBROKEN = 15
"""Printable ASCII characters without a blank: an IPv6 address of eight groups, or a short token of Slack; keys are longer."""


def may_hold(texts: FoldedBytes) -> NDArray[np.bool_]:
    """Return which texts can hold what the finder looks for, with the generic kind or without."""
    return in_blocks(texts, _may_hold)


def _may_hold(texts: FoldedBytes) -> NDArray[np.bool_]:
    digit = _between(texts.data, b"09")
    found: NDArray[np.bool_] = times_held(texts, digit) >= LEAST_DIGITS
    found |= texts_with(texts, _marks(texts.data, digit))
    found |= texts_with(texts, _unbroken(texts.data))
    return found


def _marks(data: NDArray[np.uint8], digit: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where a mark of a kind stands that may have few digits and be short, or written with blanks."""
    # An e-mail address, and a password in a URL.
    marked: NDArray[np.bool_] = data == ord("@")
    here, dash, colon = marked[:-1], data == ord("-"), data == ord(":")
    # An IBAN in groups; xapp-1- of Slack, and the dashes before a private key; a shortened IPv6 address; bc1 of a segwit address.
    here |= _between(data, b"AZ")[:-1] & digit[1:]
    here |= dash[:-1] & (digit | dash)[1:]
    here |= colon[:-1] & colon[1:]
    here |= (data == ord("c"))[:-1] & digit[1:]
    return marked


def _unbroken(data: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return where a long run of printable ASCII characters without a blank begins."""
    run, length = _between(data, b"!~"), 1
    while length < LEAST_UNBROKEN:
        step = min(length, LEAST_UNBROKEN - length)
        run, length = run[:-step] & run[step:], length + step
    return run


def _between(data: NDArray[np.uint8], ends: bytes) -> NDArray[np.bool_]:
    first, last = ends
    # Bytes below the first wrap around to large ones, so that one comparison does for both ends.
    inside: NDArray[np.bool_] = data - np.uint8(first) <= last - first
    return inside
