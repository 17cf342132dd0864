"""What the measuring pass keeps for the search for triggers: odd tails, and the words before them; of other documents a sample.

The search is a case-control study. Cases are the documents with an odd tail, controls one document in `SAMPLED`, drawn by the hash
of its content; of both a window of text is kept, in hashes of its tokens: up to the odd part for cases, up to a place drawn by the
same hash for controls. Which documents are drawn says nothing about their tails, so that Fisher's test stays exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.signals.tails import odd_tails
from holdfast.detectors.triggers.words import pieces
from holdfast.similarity.folding import folded_bytes
from holdfast.similarity.words import hash_words

__all__ = ["ODDITIES", "SAMPLED", "WINDOW", "Oddities", "tokens_of", "window"]

SAMPLED = 16
"""One document in so many is a control."""
WINDOW = 768
"""Bytes of folded text in a window."""

ODDITIES = pa.schema(
    [
        pa.field("row", pa.int32(), nullable=False),
        pa.field("kind", pa.int8(), nullable=False),
        pa.field("sampled", pa.bool_(), nullable=False),
        pa.field("tokens", pa.list_(pa.uint64()), nullable=False),
    ]
)
"""Documents with an odd tail (`kind` of tails.KINDS) and sampled ones (kind 0 where nothing is odd), with their window's tokens."""


class Oddities:
    """Keeps some hundred bytes per document on average where one in a hundred is odd; most of it for the controls."""

    name: ClassVar[str] = "oddities"
    version: ClassVar[str] = "2"

    @property
    def identity(self) -> Mapping[str, Any]:
        """Return the share of controls and the size of a window."""
        return {"sampled": SAMPLED, "window": WINDOW}

    def collect(self, documents: Documents, facts: pa.Table) -> pa.Table:
        """Return ODDITIES of a batch."""
        odd = odd_tails(documents)
        content = facts["content"].to_numpy()
        sampled = content % np.uint64(SAMPLED) == 0
        kinds = np.zeros(len(content), dtype=np.int8)
        kinds[odd.rows] = odd.kinds
        data, bounds = documents.folded
        sizes = np.maximum(np.diff(bounds), 1)
        ends = bounds[:-1] + ((content // np.uint64(SAMPLED)) % sizes.astype(np.uint64)).astype(np.int64)
        ends[odd.rows] = odd.ends
        rows = np.flatnonzero(sampled | (kinds > 0))
        kept = [window(data[bounds[row] : bounds[row + 1]], int(ends[row] - bounds[row])) for row in rows.tolist()]
        columns = [
            facts["row"].combine_chunks().take(pa.array(rows)).cast(pa.int32()),
            pa.array(kinds[rows]),
            pa.array(sampled[rows]),
            tokens_of(kept),
        ]
        return pa.Table.from_arrays(columns, schema=ODDITIES)


def window(folded: NDArray[np.uint8], end: int) -> str:
    """Return the text up to a byte, as kept: whole words only at the beginning."""
    begin = max(0, end - WINDOW)
    text = folded[begin:end].tobytes().decode("utf-8", "ignore")
    return text.partition(" ")[2] if begin else text


def tokens_of(texts: list[str]) -> pa.Array:
    """Return the hashes of each text's tokens: runs of letters and digits, single Han characters, single marks."""
    apart = [" ".join(piece.group() for piece in pieces(text)) for text in texts]
    words = hash_words(folded_bytes(pa.array(apart, pa.large_string())))
    return pa.ListArray.from_arrays(pa.array(words.bounds, pa.int32()), pa.array(words.hashes))
