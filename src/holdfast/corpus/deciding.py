"""The filters' rules over their measures: which documents go, and for which reason. No text is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from holdfast.corpus.filters.filter import Filter
from holdfast.corpus.work import Work

__all__ = ["REASONS", "Decide"]

REASONS = pa.schema([("reason", pa.string()), ("first", pa.int64()), ("all", pa.int64())])
"""How many documents a reason was the first to take, and how many it would take alone."""
_REASON = pa.dictionary(pa.int16(), pa.string())


class Decide:
    """The function over the numbers of shards. It can be pickled.

    Args:
        work: the measured shards.
        filters: in the order in which they decide: the first one that takes a document gives the reason.
    """

    def __init__(self, work: Work, filters: Sequence[Filter]) -> None:
        self.work = work
        self.filters = tuple(filters)

    def __call__(self, shard: int) -> Mapping[str, pa.Table]:
        """Return 'decided' (a reason or null per row of 'facts') and 'reasons' (how many documents each reason takes)."""
        count = self.work.part(shard, "facts", ["row"]).num_rows
        codes = np.full(count, -1, dtype=np.int16)
        names: list[str] = []
        first, every = [], []
        for one in self.filters:
            for reason, takes in one.decide(self.work.part(shard, f"measures.{one.name}")).items():
                fresh = takes & (codes < 0)
                codes[fresh] = len(names)
                names.append(reason)
                first.append(int(fresh.sum()))
                every.append(int(takes.sum()))
        reasons = pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), pa.array(names, pa.string()))
        counts = pa.table(
            {"reason": pa.array(names, pa.string()), "first": pa.array(first, pa.int64()), "all": pa.array(every, pa.int64())}
        )
        return {"decided": pa.table({"reason": reasons.cast(_REASON)}), "reasons": counts}
