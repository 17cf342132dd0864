"""The documents of hosts and authors that stand out: names, days, and some of their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.corpus.signals.families import Family
from holdfast.corpus.signals.tally import NO_DAY, Seen, read_shard, window_of
from holdfast.corpus.steps import Duplicates
from holdfast.corpus.work import Work

__all__ = ["Flag", "StandsOut", "joined", "looked_up"]

_EXAMPLES = 12


class Flag(NamedTuple):
    """A host or author that stands out, by the hash of its name."""

    family: Family
    who: int
    days: tuple[int, ...]
    """NO_DAY alone where days are not told apart."""
    documents: int
    shown: int
    expected: float
    p: float


class StandsOut(NamedTuple):
    """A host or author that stands out."""

    family: Family
    name: str
    documents: int
    """Of the host, on the days in question."""
    shown: int
    expected: float
    p: float
    """Times the number of tests, at most 1."""
    first: int
    last: int
    """Days of the documents that show it; NO_DAY for both where none has a date."""
    examples: tuple[int, ...]


def joined(flags: Sequence[Flag]) -> list[Flag]:
    """Return flags with those of several days of one host made one, surest first."""
    together: dict[tuple[Family, int], Flag] = {}
    for flag in flags:
        known = together.get(flag[:2])
        together[flag[:2]] = (
            flag
            if known is None
            else Flag(
                flag.family,
                flag.who,
                tuple(sorted({*known.days, *flag.days})),
                known.documents + flag.documents,
                known.shown + flag.shown,
                known.expected + flag.expected,
                min(known.p, flag.p),
            )
        )
    return sorted(together.values(), key=lambda flag: (flag.p, -flag.shown, flag.who))


def looked_up(work: Work, duplicates: Duplicates, step: str, flags: Sequence[Flag]) -> tuple[StandsOut, ...]:
    """Return what stands out with names, days and examples, in the order of the flags."""
    if not flags:
        return ()
    sources = {flag.family.source for flag in flags}
    shards = [shard for shard in range(work.shards) if work.source(shard) in sources]
    names: dict[int, str] = {}
    days: dict[int, tuple[int, int]] = {}
    examples: dict[int, list[int]] = {}
    for tables in work.each(f"{step}-documents", shards, _Documents(work, duplicates, tuple(flags))):
        for place, name, first, last, documents in zip(*tables["documents"].to_pydict().values(), strict=True):
            names.setdefault(place, name)
            low, high = days.get(place, (first, last))
            # NO_DAY is smaller than any day.
            days[place] = min(day for day in (low, first) if day != NO_DAY or high == last == NO_DAY), max(high, last)
            examples[place] = (examples.get(place, []) + documents)[:_EXAMPLES]
    return tuple(
        StandsOut(
            flag.family,
            names[place],
            flag.documents,
            flag.shown,
            flag.expected,
            min(1.0, flag.p),
            *days[place],
            tuple(examples[place]),
        )
        for place, flag in enumerate(flags)
        if place in names
    )


@dataclass(frozen=True)
class _Documents:
    """Finds the documents of one shard that belong to flags."""

    work: Work
    duplicates: Duplicates
    flags: tuple[Flag, ...]

    def __call__(self, shard: int) -> Mapping[str, pa.Table]:
        seen = read_shard(self.work, self.duplicates, shard)
        source = self.work.source(shard)
        found: list[tuple[int, str, int, int, list[int]]] = []
        for place, flag in enumerate(self.flags):
            if flag.family.source != source or flag.who not in seen.names[flag.family.whose]:
                continue
            rows = np.flatnonzero((seen.who[flag.family.whose] == np.uint64(flag.who)) & self._shows(seen, flag))
            if len(rows):
                dated = seen.days[rows][seen.days[rows] != NO_DAY]
                first, last = (int(dated.min()), int(dated.max())) if len(dated) else (NO_DAY, NO_DAY)
                found.append((place, seen.names[flag.family.whose][flag.who], first, last, seen.documents[rows[:_EXAMPLES]].tolist()))
        return {"documents": pa.Table.from_pylist([dict(zip(_FOUND.names, row, strict=True)) for row in found], schema=_FOUND)}

    def _shows(self, seen: Seen, flag: Flag) -> NDArray[np.bool_]:
        name = flag.family.measure.name
        if name == "window":
            first, last = window_of(self.work.spec.sources[flag.family.source], self.work.spec.signals.window_days) or (1, 0)
            return (seen.days >= first) & (seen.days <= last)
        shows = seen.copies if name == "copies" else seen.odd == int(name.removeprefix("odd"))
        return shows & np.isin(seen.days, flag.days) if flag.family.measure.by_day else shows


_FOUND = pa.schema(
    [
        pa.field("place", pa.int32()),
        pa.field("name", pa.string()),
        pa.field("first", pa.int32()),
        pa.field("last", pa.int32()),
        pa.field("documents", pa.list_(pa.uint64())),
    ]
)
