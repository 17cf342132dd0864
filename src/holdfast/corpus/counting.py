"""Per shard, what went for which reason and from which host, counted before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.corpus.deciding import REASONS
from holdfast.corpus.fates import DUPLICATE, fates_of
from holdfast.corpus.hosts import hosts_of_shard
from holdfast.corpus.running import CorpusRun
from holdfast.corpus.steps import Duplicates

__all__ = ["Count"]


class Count:
    """The function over the numbers of shards. It can be pickled.

    Args:
        work: the measured and decided shards.
        duplicates: what repeats what, None where nothing was looked for.
    """

    def __init__(self, work: CorpusRun, duplicates: Duplicates | None) -> None:
        self.work = work
        self.duplicates = duplicates

    def __call__(self, shard: int) -> Mapping[str, pa.Table]:
        """Return 'reasons' (those of duplicates with them), 'hosts', and 'counts' of all documents."""
        fates = fates_of(self.work, shard, self.duplicates)
        reasons = self.work.kept("decide", shard, "reasons")
        twice = Counter(reason for reason in fates.to_pylist() if reason is not None and reason.startswith(DUPLICATE))
        names = sorted(twice)
        more = pa.table([names, [twice[name] for name in names], [twice[name] for name in names]], schema=REASONS)
        hosts = hosts_of_shard(self.work.part(shard, "facts", ["host"])["host"], pc.is_valid(fates), self.work.source(shard))
        return {"reasons": pa.concat_tables([reasons, more]), "hosts": hosts, "counts": pa.table({"kept": [fates.null_count]})}
