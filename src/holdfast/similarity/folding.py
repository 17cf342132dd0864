"""The one reading of a text in which two rows are the same row: compatibility forms, case and white space do not count.

`folded` says what is meant, one text at a time. `folded_bytes` does the same for a batch, as one array of bytes in which
anything up to the space is white space; only rows with a character that does not fold by itself cost Python time.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.similarity.characters import fold_characters

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["LONGEST", "UNSEGMENTED", "FoldedBytes", "folded", "folded_bytes", "raw_bytes"]

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+"
)
"""Characters that nobody sees (most of Unicode's Default_Ignorable_Code_Point): else a zero-width space would hide a copy."""
_FULL_WIDTH = re.compile("[\uff01-\uff5e]")
_FULL_WIDTH_OFFSET = 0xFEE0
_OTHER_SPACES = re.compile("[\u0085\u1680\u2028\u2029]")
"""White space that NFKC does not turn into a plain space."""
_SPECIAL = re.compile(f"{_INVISIBLE.pattern.removesuffix('+')}|{_FULL_WIDTH.pattern}")

UNSEGMENTED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3005, 0x3007), (0x3040, 0x30FF), (0x31F0, 0x31FF),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip
"""Scripts that put no space between words: Thai, Lao, Burmese, Khmer, kana and Han. Each character is a word of its own."""
_SOLO = re.compile("([" + "".join(f"{chr(first)}-{chr(last)}" for first, last in UNSEGMENTED) + "])")

LONGEST = 1 << 22
"""Characters; the rest of a longer text is read as one word, the digest of what it says. This bounds memory on hostile rows."""

_CASE_BIT = np.uint8(0x20)
_LETTERS = 26
_DELETE = 0x7F
_DELETED = {_DELETE: " "}
_CONTROLS = dict.fromkeys((*range(0x20), _DELETE), " ")


class FoldedBytes(NamedTuple):
    """Folded texts of a batch, one after another."""

    data: NDArray[np.uint8]
    """UTF-8, lower case; every byte up to 0x20 is white space. A character of `UNSEGMENTED` ends a word and starts one."""
    bounds: NDArray[np.int64]
    """Text i stands at `bounds[i]` up to `bounds[i + 1]`."""


def folded(text: str) -> str:
    r"""Return a text as it is compared: NFKC, case folded, nothing invisible, words parted by one space.

    Characters of scripts without spaces are words of their own; control characters are white space.

    >>> folded("  Ｆull\u200b WIDTH\n你好  ")
    'full width 你 好'
    """
    plain = text.lower() if text.isascii() else _SOLO.sub(r" \1 ", _fold_other(text))
    return " ".join(plain.translate(_CONTROLS).split())


def folded_bytes(texts: pa.Array | pa.ChunkedArray) -> FoldedBytes:
    """Return a column of texts folded; a null reads as an empty text."""
    import pyarrow as pa
    import pyarrow.compute as compute

    whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    if isinstance(whole, pa.ChunkedArray):  # older pyarrow, and more than 2 GiB
        whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], pa.large_string())
    whole = compute.fill_null(whole.cast(pa.large_string()), "")
    long = compute.greater(compute.binary_length(whole), LONGEST)
    if compute.any(long).as_py():
        shortened = [_shortened(text) for text in whole.filter(long).to_pylist()]
        whole = compute.replace_with_mask(whole, long, pa.array(shortened, pa.large_string()))
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.combine_chunks()
    plain = raw_bytes(whole)
    lowered = plain.data.copy()
    capital = lowered - np.uint8(ord("A")) < _LETTERS
    lowered |= capital.view(np.uint8) * _CASE_BIT
    lowered[lowered == _DELETE] = ord(" ")
    others = fold_characters(lowered, _SPECIAL, _OTHER_SPACES)
    return _mended(whole, lowered, plain.bounds, others) if len(others) else FoldedBytes(lowered, plain.bounds)


def _mended(whole: pa.LargeStringArray, data: NDArray[np.uint8], bounds: NDArray[np.int64], others: NDArray[np.int64]) -> FoldedBytes:
    """Return a folded batch in which texts with a character at one of these bytes are folded as strings."""
    rows = np.unique(np.searchsorted(bounds, others, side="right") - 1)
    mended = [_fold_other(text).translate(_DELETED).encode() for text in whole.take(rows).to_pylist()]
    sizes = np.diff(bounds)
    sizes[rows] = [len(text) for text in mended]
    pieces, done = [], 0
    for row, text in zip(rows.tolist(), mended, strict=True):
        pieces += [data[done : bounds[row]], np.frombuffer(text, dtype=np.uint8)]
        done = bounds[row + 1]
    return FoldedBytes(np.concatenate([*pieces, data[done:]]), np.concatenate([[0], np.cumsum(sizes)]))


def raw_bytes(texts: pa.LargeStringArray) -> FoldedBytes:
    """Return a column without nulls as it stands, without a copy: nothing is folded."""
    if not len(texts):
        return FoldedBytes(np.zeros(0, dtype=np.uint8), np.zeros(1, dtype=np.int64))
    _, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
    start, stop = int(bounds[0]), int(bounds[-1])
    held = np.frombuffer(data, dtype=np.uint8)[start:stop] if stop > start else np.zeros(0, dtype=np.uint8)
    return FoldedBytes(held, bounds - start)


def _shortened(text: str) -> str:
    return f"{text[:LONGEST]} {hashlib.sha256(text[LONGEST:].encode()).hexdigest()}"


def _fold_other(text: str) -> str:
    """Fold what is beyond ASCII, but for the spaces around solitary characters."""
    seen = _FULL_WIDTH.sub(_to_half_width, _INVISIBLE.sub("", text))
    # Asking is a hundred times faster than doing, and once full-width punctuation is gone most texts are normal.
    if not unicodedata.is_normalized("NFKC", seen):
        seen = unicodedata.normalize("NFKC", seen)
    return _OTHER_SPACES.sub(" ", seen.casefold())


def _to_half_width(found: re.Match[str]) -> str:
    return chr(ord(found.group()) - _FULL_WIDTH_OFFSET)
