"""All signals of a corpus, one after another; each joint pass runs only where its signal is asked for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from holdfast.corpus.signals.bursts import find_bursts
from holdfast.corpus.signals.dump_edits import History, find_dump_edits
from holdfast.corpus.signals.hosts import find_hosts
from holdfast.corpus.signals.oddities import Oddities
from holdfast.corpus.signals.tails import KINDS
from holdfast.corpus.signals.tally import Tally, window_of
from holdfast.corpus.signals.triggers import find_triggers
from holdfast.corpus.spec import CorpusSpec, SignalSettings
from holdfast.corpus.steps import Duplicates, Signal
from holdfast.corpus.work import Collector, Work

__all__ = ["collectors", "find_signals"]


def collectors(spec: CorpusSpec) -> tuple[Collector, ...]:
    """Return what the measuring pass must keep for the signals that a run asks for; nothing where it asks for none."""
    return (Oddities(),) if _any(spec.signals) else ()


def find_signals(work: Work, duplicates: Duplicates) -> tuple[Signal, ...]:
    """Return the signs of poisoning, by kind in the order of the settings and surest first.

    After those of a kind come its limits: signals of no document that say how many would have been seen.
    """
    return tuple(_all(work, duplicates))


def _all(work: Work, duplicates: Duplicates) -> Iterator[Signal]:
    asked = work.spec.signals
    if asked.bursts or asked.hosts or asked.dump_edits:
        histories = _tally(work, duplicates)
        if asked.bursts:
            yield from find_bursts(work, duplicates)
        if asked.hosts:
            yield from find_hosts(work, duplicates)
        if asked.dump_edits:
            yield from find_dump_edits(work, duplicates, histories)
    if asked.triggers:
        yield from find_triggers(work, duplicates)


def _tally(work: Work, duplicates: Duplicates) -> dict[int, History]:
    """Tally all shards; return the histories of the sources that say when their dump was made."""
    sums: dict[int, dict[int, np.ndarray[tuple[int], np.dtype[np.int64]]]] = {}
    shards = range(work.shards)
    for shard, tables in zip(shards, work.each("signals-tally", shards, Tally(work, duplicates)), strict=True):
        own = sums.setdefault(work.source(shard), {})
        for back, *column in zip(*tables["windows"].to_pydict().values(), strict=True):
            own[back] = own.get(back, np.zeros(1 + len(KINDS), dtype=np.int64)) + np.array(column)
    histories = {}
    for source, own in sums.items():
        if window_of(work.spec.sources[source], work.spec.signals.window_days) is not None:
            counts = np.zeros((1 + len(KINDS), max(own, default=0) + 1), dtype=np.int64)
            for back, told in own.items():
                counts[:, back] = told
            histories[source] = History(counts[0], {kind: counts[place] for place, kind in enumerate(KINDS, start=1)})
    return histories


def _any(asked: SignalSettings) -> bool:
    return asked.bursts or asked.hosts or asked.triggers or asked.dump_edits
