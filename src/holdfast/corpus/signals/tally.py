"""Documents per source, host or author, and day: how many there are, repeat another one, or have an odd tail.

Shards are tallied one by one; an exchange then brings all days of a host together in one place, so that no task holds more than a
part of the hosts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.core import InputError
from holdfast.corpus.documents import FACTS, document_id
from holdfast.corpus.duplicates.exchange import Exchange, Rows, by_receiver
from holdfast.corpus.signals.tails import KINDS
from holdfast.corpus.spec import SourceSpec
from holdfast.corpus.steps import Duplicates
from holdfast.corpus.work import Work

__all__ = ["AUTHOR", "HOST", "NO_DAY", "TALLY", "WHOSE", "Seen", "Tally", "exchange_of", "merged", "read_shard", "window_of"]

HOST, AUTHOR = 0, 1
WHOSE = ("host", "author")
NO_DAY = -(2**31)
TALLY = np.dtype(
    [
        ("source", "<u2"),
        ("whose", "u1"),
        ("who", "<u8"),
        ("day", "<i4"),
        ("documents", "<u4"),
        ("copies", "<u4"),
        *((f"odd{kind}", "<u4") for kind in KINDS),
    ]
)
"""`who` is a hash of the host's or author's name; `day` counts from 1 January 1970, NO_DAY where there is no date."""
COUNTS = ("documents", "copies", *(f"odd{kind}" for kind in KINDS))
_SHARDS_EACH = 16
"""Shards' worth of hosts that one task of the second half holds."""
_FARTHEST = 520
"""Windows before a dump's last day that are told apart."""


class Seen(NamedTuple):
    """The documents of a shard that passed the filters."""

    documents: NDArray[np.uint64]
    who: tuple[NDArray[np.uint64], NDArray[np.uint64]]
    """Per document the hash of its host and of its author, 0 where there is none."""
    names: tuple[dict[int, str], dict[int, str]]
    days: NDArray[np.int32]
    copies: NDArray[np.bool_]
    """Which repeat another document."""
    odd: NDArray[np.int8]
    """What is odd about the tail, of `tails.KINDS`; 0 for nothing."""


def read_shard(work: Work, duplicates: Duplicates, shard: int) -> Seen:
    """Return what a shard's facts, copies and oddities say of each of its documents."""
    alive = np.flatnonzero(work.alive(shard))
    facts = work.part(shard, "facts", ["row", "host", "author", "date"]).take(pa.array(alive))
    rows = facts["row"].to_numpy()
    (hosts, host_names), (authors, author_names) = _hashed(facts["host"]), _hashed(facts["author"])
    # A shelf gives dates back in milliseconds.
    seconds = facts["date"].cast(FACTS.field("date").type).cast(pa.int64()).fill_null(NO_DAY * 86_400).to_numpy()
    kinds = np.zeros(len(rows), dtype=np.int8)
    odd = work.part(shard, "oddities", ["row", "kind"])
    order = np.argsort(odd["row"].to_numpy(), kind="stable")
    ascending, of = odd["row"].to_numpy()[order], odd["kind"].to_numpy()[order]
    if len(ascending):
        place = np.minimum(np.searchsorted(ascending, rows), len(ascending) - 1)
        kinds = np.where(ascending[place] == rows, of[place], 0).astype(np.int8)
    return Seen(
        rows.astype(np.uint64) | np.uint64(document_id(shard, 0)),
        (hosts, authors),
        (host_names, author_names),
        (seconds // 86_400).astype(np.int32),
        np.isin(rows, duplicates.removed(shard)["row"].to_numpy()),
        kinds,
    )


def _hashed(names: pa.ChunkedArray) -> tuple[NDArray[np.uint64], dict[int, str]]:
    column = names.combine_chunks() if isinstance(names, pa.ChunkedArray) else names
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.string()).dictionary_encode()
    values = column.dictionary.to_pylist()
    # 0 stands for nobody.
    numbers = [int.from_bytes(hashlib.blake2b(value.encode(), digest_size=8).digest(), "little") | 1 for value in values]
    hashes = np.array([*numbers, 0], dtype=np.uint64)
    places = column.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
    return hashes[places], dict(zip(hashes[:-1].tolist(), values, strict=True))


@dataclass(frozen=True)
class Tally:
    """Tallies a shard and hands its rows to the exchange."""

    work: Work
    duplicates: Duplicates

    def __call__(self, shard: int) -> Mapping[str, pa.Table]:
        """Return, per window of days before the end of the source's crawl, the counts of documents; nothing where there is no end."""
        seen = read_shard(self.work, self.duplicates, shard)
        rows = np.concatenate([_tallied(seen, self.work.source(shard), whose) for whose in (HOST, AUTHOR)])
        exchange = exchange_of(self.work)
        exchange.write(shard, [by_receiver(rows, (rows["who"] % np.uint64(exchange.receivers)).astype(np.int64), exchange.receivers)])
        return {"windows": _windows(seen, self.work.spec.sources[self.work.source(shard)], self.work.spec.signals.window_days)}


def exchange_of(work: Work) -> Exchange:
    """Return the exchange through which the days of a host come together."""
    return Exchange(work.folder, "signals", TALLY, 1 + work.shards // _SHARDS_EACH)


def _tallied(seen: Seen, source: int, whose: int) -> Rows:
    known = np.flatnonzero(seen.who[whose] != 0)
    rows = np.zeros(len(known), dtype=TALLY)
    rows["source"], rows["whose"], rows["who"], rows["day"] = source, whose, seen.who[whose][known], seen.days[known]
    rows["documents"], rows["copies"] = 1, seen.copies[known]
    for kind in KINDS:
        rows[f"odd{kind}"] = seen.odd[known] == kind
    return merged(rows)


def merged(rows: Rows) -> Rows:
    """Return rows with those of the same source, host or author, and day added up, sorted by these."""
    if not len(rows):
        return rows
    rows = rows[np.lexsort((rows["day"], rows["who"], rows["whose"], rows["source"]))]
    other = np.zeros(len(rows), dtype=bool)
    other[0] = True
    for name in ("source", "whose", "who", "day"):
        other[1:] |= rows[name][1:] != rows[name][:-1]
    first = np.flatnonzero(other)
    whole = rows[first].copy()
    for name in COUNTS:
        whole[name] = np.add.reduceat(rows[name], first)
    return whole


def window_of(source: SourceSpec, days: int) -> tuple[int, int] | None:
    """Return the first and last day of the window before a dump's last day, counted from 1970; None where no day is told.

    Raises InputError where `crawled` is no date.
    """
    if not source.crawled:
        return None
    told = source.crawled.rpartition("/")[2]
    try:
        last = (date.fromisoformat(told[:10]) - date(1970, 1, 1)).days
    except ValueError:
        message = f"sources: {source.name!r}: crawled must be a date or FIRST/LAST (ISO 8601), got {source.crawled!r}."
        raise InputError(message) from None
    return last - days + 1, last


def day_text(day: int) -> str:
    """Return a day as ISO 8601 writes it."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date().isoformat()


def _windows(seen: Seen, source: SourceSpec, days: int) -> pa.Table:
    told = window_of(source, days)
    dated = seen.days != NO_DAY
    if told is None:
        dated[:] = False
    back = ((told[1] if told else 0) - seen.days.astype(np.int64)) // days
    chosen = np.flatnonzero(dated & (back >= 0) & (back < _FARTHEST))
    windows, place = np.unique(back[chosen], return_inverse=True)
    counted = [
        np.bincount(place, weights, len(windows)).astype(np.int64) for weights in (None, *(seen.odd[chosen] == kind for kind in KINDS))
    ]
    return pa.table({"back": windows, "documents": counted[0], **{f"odd{kind}": counted[kind] for kind in KINDS}})
