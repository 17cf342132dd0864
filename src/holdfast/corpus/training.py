"""Filters that are trained before the measuring pass, on texts from evenly spaced shards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.corpus.filters.filter import Filter
from holdfast.corpus.plan import CorpusPlan
from holdfast.corpus.sources.reader import Tally
from holdfast.corpus.sources.reading import read_shard
from holdfast.corpus.steps import Trained

__all__ = ["ready"]

_MOST_SHARDS = 64


def ready(filters: Sequence[Filter | Trained], plan: CorpusPlan, measures: Path) -> tuple[Filter, ...]:
    """Return the filters, those trained that ask for it."""
    made: list[Filter] = []
    for one in filters:
        if isinstance(one, Trained):
            folder = measures / f"trained-{one.name}"  # type: ignore[attr-defined]  # a filter that is trained is a filter
            folder.mkdir(parents=True, exist_ok=True)
            made.append(one.train(sample(plan, one.sample_bytes), folder))
        else:
            made.append(one)
    return tuple(made)


def sample(plan: CorpusPlan, size: int) -> Iterator[pa.Array]:
    """Yield texts of about `size` bytes in all: the first of each of some shards, evenly spaced over all of them."""
    count = min(len(plan.shards), _MOST_SHARDS)
    chosen = np.unique(np.linspace(0, len(plan.shards) - 1, count).round().astype(int))
    each = max(size // len(chosen), 1)
    for number in chosen.tolist():
        shard, left = plan.shards[number], each
        for batch in read_shard(shard, plan.spec.sources[shard.source], Tally()):
            texts = batch["text"]
            ends = np.cumsum(pc.binary_length(texts).to_numpy())
            count = int(np.searchsorted(ends, left)) + 1
            yield texts.slice(0, count)
            left -= int(ends[min(count, len(ends)) - 1])
            if left <= 0:
                break
