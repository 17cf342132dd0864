"""What becomes of each document of a shard: null where it stays, else the one reason for which it goes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.corpus.running import CorpusRun
from holdfast.corpus.steps import Duplicates

__all__ = ["DUPLICATE", "fates_of"]

DUPLICATE = "duplicate: "
"""What stands before the rule of a document that repeats another one."""


def fates_of(work: CorpusRun, shard: int, duplicates: Duplicates | None) -> pa.DictionaryArray:
    """Return a reason or null per row of the shard's 'facts'; a filter's reason goes before that of a duplicate."""
    decided = work.kept("decide", shard, "decided")["reason"].combine_chunks()
    if isinstance(decided, pa.ChunkedArray):
        decided = decided.chunk(0) if decided.num_chunks else pa.array([], decided.type)
    reasons = decided.cast(pa.string())
    if duplicates is not None:
        removed = duplicates.removed(shard)
        if removed.num_rows:
            rows = work.part(shard, "facts", ["row"])["row"].to_numpy()
            places = np.searchsorted(rows, removed["row"].to_numpy())
            named = pc.binary_join_element_wise(DUPLICATE, removed["rule"].cast(pa.string()).combine_chunks(), "")
            found = pa.nulls(len(rows), pa.string())
            mask = np.zeros(len(rows), dtype=bool)
            mask[places] = True
            reasons = pc.coalesce(reasons, pc.replace_with_mask(found, pa.array(mask), named))
    return reasons.dictionary_encode()
