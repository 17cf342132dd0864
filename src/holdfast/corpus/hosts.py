"""Which hosts lost the largest share of their documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.corpus.result import HostFacts

__all__ = ["HostCounts", "hosts_of_shard"]

_SHOWN = 30
_FEWEST = 20
"""Documents from which a share of a host is worth a line."""
_MOST = 2_000_000
"""Hosts that are counted at once; beyond it those with the fewest documents so far are let go."""
_SCHEMA = pa.schema([("source", pa.int32()), ("host", pa.string()), ("documents", pa.int64()), ("removed", pa.int64())])


def hosts_of_shard(hosts: pa.ChunkedArray, gone: pa.Array, source: int) -> pa.Table:
    """Return the documents and the removed ones per host of a shard."""
    table = pa.table(
        {"host": hosts.cast(pa.string()), "documents": pa.array(np.ones(len(hosts), np.int64)), "removed": gone.cast(pa.int64())}
    )
    found = table.filter(pc.is_valid(table["host"])).group_by("host").aggregate([("documents", "sum"), ("removed", "sum")])
    columns = [pa.array(np.full(found.num_rows, source, np.int32)), found["host"], found["documents_sum"], found["removed_sum"]]
    return pa.table(columns, schema=_SCHEMA)


class HostCounts:
    """Adds up the hosts of shards in bounded memory."""

    def __init__(self) -> None:
        self._held: list[pa.Table] = []
        self._rows = 0

    def add(self, tables: Iterable[pa.Table]) -> None:
        """Take in the hosts of some shards."""
        for table in tables:
            self._held.append(table)
            self._rows += table.num_rows
            if self._rows > 2 * _MOST:
                self._merge()

    def worst(self, names: Sequence[str]) -> tuple[HostFacts, ...]:
        """Return the hosts that lost the largest share, of those with enough documents."""
        self._merge()
        table = self._held[0] if self._held else _SCHEMA.empty_table()
        table = table.filter(pc.and_(pc.greater_equal(table["documents"], _FEWEST), pc.greater(table["removed"], 0)))
        share = pc.divide(table["removed"].cast(pa.float64()), table["documents"].cast(pa.float64()))
        keys = [("share", "descending"), ("documents", "descending"), ("host", "ascending"), ("source", "ascending")]
        table = table.append_column("share", share).sort_by(keys).slice(0, _SHOWN)
        return tuple(
            HostFacts(host=row["host"], source=names[row["source"]], documents=row["documents"], removed=row["removed"])
            for row in table.to_pylist()
        )

    def _merge(self) -> None:
        if not self._held:
            return
        table = pa.concat_tables(self._held).group_by(["source", "host"]).aggregate([("documents", "sum"), ("removed", "sum")])
        table = table.select(["source", "host", "documents_sum", "removed_sum"]).rename_columns(_SCHEMA.names)
        if table.num_rows > _MOST:
            table = table.sort_by([("documents", "descending"), ("host", "ascending"), ("source", "ascending")]).slice(0, _MOST)
        self._held, self._rows = [table], table.num_rows
