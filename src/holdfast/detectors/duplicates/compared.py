"""What of a row is compared with other rows.

Exact copies are rows that are the same as a whole. What makes rows near copies is all that was said but the system prompt, and
the rejected answer of a pair.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.similarity.folding import FoldedBytes, folded_bytes
from holdfast.similarity.words import U64, Words, hash_texts, hash_words, mixed

__all__ = ["compared_read", "compared_texts", "compared_words", "content_hashes", "part_words"]


_SYSTEM = np.uint64(0xA0761D6478BD642F)
"""Odd; keeps a system prompt apart from the same words said by someone else."""


def compared_texts(rows: pa.Table) -> pa.ChunkedArray:
    """Return one text per row.

    Without its system prompt: many sets have a long one on every row, which would make all short rows near duplicates. With its
    rejected answer: the same prompt and chosen answer against another rejected one teaches something else.
    """
    texts = rows.column("text")
    told = pc.not_equal(_system_turns(rows), "").to_numpy(zero_copy_only=False)
    if told.any():
        texts = pa.chunked_array([_without_system(rows, told)])
    rejected = rows.column("rejected")
    if rejected.null_count == len(rejected):
        return texts
    texts, rejected = texts.cast(pa.large_string()), rejected.cast(pa.large_string())
    paired = pc.binary_join_element_wise(texts, pc.fill_null(rejected, ""), pa.scalar("\n", pa.large_string()))
    return pc.if_else(pc.is_valid(rejected), paired, texts)


def _without_system(rows: pa.Table, told: NDArray[np.bool_]) -> pa.Array:
    """Return the turns of each row, joined by a line break; but for the first one where it is the system's (`told`)."""
    turns = _whole(rows.column("turns"))
    counts = _lengths(turns)
    first = np.cumsum(counts) - counts
    contents = pc.fill_null(pc.struct_field(turns.flatten(), "content"), "")
    kept = np.ones(len(contents), dtype=bool)
    kept[first[told]] = False
    bounds = np.concatenate([[0], np.cumsum(counts - told)]).astype(np.int64)
    large = contents.filter(pa.array(kept)).cast(pa.large_string())
    return pc.binary_join(pa.LargeListArray.from_arrays(pa.array(bounds), large), pa.scalar("\n", pa.large_string()))


def _system_turns(rows: pa.Table) -> pa.Array:
    """Return what the first turn of each row says where it is the system's, else an empty text."""
    turns = _whole(rows.column("turns"))
    counts = _lengths(turns)
    first = np.cumsum(counts) - counts
    # A null where a row has no turn, so that taking it gives a null turn.
    leading = turns.flatten().take(pa.array(first, mask=counts == 0))
    is_system = pc.equal(pc.fill_null(pc.struct_field(leading, "role"), ""), "system")
    return pc.if_else(is_system, pc.fill_null(pc.struct_field(leading, "content"), ""), "")


def _whole(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], whole.type)
    return whole


def _lengths(turns: pa.Array) -> NDArray[np.int64]:
    """Return how many turns each row has."""
    counts: NDArray[np.int64] = pc.fill_null(pc.list_value_length(turns), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return counts


_last: list[tuple[pa.Table, FoldedBytes, Words]] = []
_last_hashes: list[tuple[pa.Table, U64]] = []


def compared_words(rows: pa.Table) -> Words:
    """Return the hashed words of a batch."""
    return compared_read(rows)[1]


def compared_read(rows: pa.Table) -> tuple[FoldedBytes, Words]:
    """Return the compared texts of a batch folded, with their hashed words.

    The last batch is remembered, because several detectors ask for the same one after the other.
    """
    if not _last or _last[0][0] is not rows:
        data = folded_bytes(compared_texts(rows))
        _last[:] = [(rows, data, hash_words(data))]
    return _last[0][1:]


def content_hashes(rows: pa.Table) -> U64:
    """Return a hash of each row whole, with its system prompt; 0 where nothing but a system prompt was said.

    Those of the last batch are remembered too.
    """
    if not _last_hashes or _last_hashes[0][0] is not rows:
        _last_hashes[:] = [(rows, _content_hashes(rows))]
    return _last_hashes[0][1].copy()


def _content_hashes(rows: pa.Table) -> U64:
    words = compared_words(rows)
    hashes = hash_texts(words)
    # Many rows have the same system prompt.
    prompts = _system_turns(rows).dictionary_encode()
    prompts = hash_texts(hash_words(folded_bytes(prompts.dictionary)))[prompts.indices.to_numpy()]
    under = np.flatnonzero((prompts != 0) & (words.counts > 0))
    hashes[under] = mixed(hashes[under] + prompts[under] * _SYSTEM)
    return hashes


def part_words(rows: pa.Table, part: str) -> Words:
    """Return the hashed words of one column, 'request' or 'answer'; a null has none."""
    return hash_words(folded_bytes(rows.column(part)))
