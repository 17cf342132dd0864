"""Drawing documents with known probability: a simple random sample in one pass, or shards by size and then rows.

Sources: Hansen and Hurwitz 1943 (draws with probability proportional to size); Vitter 1985 (one pass), here in the form that keeps
the rows with the n smallest random keys.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.core import InputError
from holdfast.corpus.sampling.places import Place
from holdfast.corpus.sampling.sample import CorpusSample, SampledRow, SampledSource

__all__ = ["Frame", "draw_sample"]

Progress = Callable[[str, int, int], None]
_LEAST_PER_SOURCE = 30


class Frame(NamedTuple):
    """A source as the sampler sees it."""

    name: str
    sizes: Sequence[int]
    """Bytes of each shard, above 0; what a shard's chance is in proportion to."""
    read: Callable[[int], Iterator[pa.RecordBatch]]
    """Gives the documents of a shard (READ), a batch at a time."""
    where: Callable[[int, int, int], Place]
    """The place in its file of a line of a piece of a shard; asked once all that is drawn was read."""
    unreadable: Callable[[], int] = lambda: 0
    """Documents that could not be read so far."""


Drawn = tuple[SampledSource, list[SampledRow]]


class _Kept(NamedTuple):
    text: str
    shard: int
    piece: int
    line: int
    url: str | None


def draw_sample(
    frames: Sequence[Frame], *, n: int, seed: int, budget: int, progress: Progress = lambda what, done, total: None
) -> CorpusSample:
    """Draw about `n` documents, spread over the sources by their bytes, at least 30 from each.

    A source of at most its share of `budget` bytes is read whole, and its sample is a simple random one. Of a larger source shards are
    drawn, so many that about that share is read. The same seed gives the same sample, whatever the sizes of batches. Raises InputError
    for an `n` below 2 per source and for sources without documents.
    """
    if n < 2 * len(frames) or not frames:
        raise InputError(f"--n: a sample needs at least 2 documents per source, got {n} for {len(frames)} sources.")
    total = sum(sum(frame.sizes) for frame in frames)
    rows: list[SampledRow] = []
    sources = []
    for place, frame in enumerate(frames):
        size = sum(frame.sizes)
        wanted = max(min(_LEAST_PER_SOURCE, n // len(frames)), round(n * size / total))
        share = budget * size / total
        drawn = _one_pass if size <= share else _two_stages
        source, found = drawn(frame, wanted, (seed, place), int(share), progress)
        sources.append(source)
        rows += found
    if not rows:
        raise InputError("the sources hold no document that can be read, so there is nothing to sample.")
    # In random order, so that whoever labels only the beginning of the sample has labelled a sample too.
    order = np.random.default_rng((seed, len(frames))).permutation(len(rows))
    return CorpusSample(seed=seed, sources=tuple(sources), rows=tuple(rows[place] for place in order))


def _one_pass(frame: Frame, wanted: int, key: tuple[int, int], share: int, progress: Progress) -> Drawn:
    keeper = _Keeper(wanted, np.random.default_rng(key))
    for shard in range(len(frame.sizes)):
        for batch in frame.read(shard):
            keeper.offer(shard, batch)
        progress(f"reading {frame.name}", shard + 1, len(frame.sizes))
    kept = keeper.kept()
    weight = keeper.seen / len(kept) if kept else 0.0
    rows = [_row(frame, one, weight, (draw,)) for draw, one in enumerate(kept)]
    return _source(frame, "one pass", len(frame.sizes), len(rows), len(rows), keeper.seen), rows


def _two_stages(frame: Frame, wanted: int, key: tuple[int, int], share: int, progress: Progress) -> Drawn:
    sizes = np.asarray(frame.sizes, dtype=float)
    # A row per draw loses nothing to likeness within shards; more are taken only where reading so many shards would cost too much.
    # A drawn shard is as large as the mean weighted by size.
    draws = int(max(2, min(wanted, share * sizes.sum() / (sizes**2).sum())))
    each = -(-wanted // draws)
    chosen = np.random.default_rng(key).choice(sizes.size, size=draws, p=sizes / sizes.sum())
    times = Counter(chosen.tolist())
    numbers: dict[int, list[int]] = {}
    for draw, shard in enumerate(chosen.tolist()):
        numbers.setdefault(shard, []).append(draw)
    found: dict[tuple[int, int, int], tuple[_Kept, float, list[int]]] = {}
    documents = 0.0
    for done, shard in enumerate(sorted(times), 1):
        # The last number keeps these apart from the draws of shards: numpy takes (a, b) and (a, b, 0, 0) for one seed.
        keepers = [_Keeper(each, np.random.default_rng((*key, shard, draw, 1))) for draw in numbers[shard]]
        for batch in frame.read(shard):
            for keeper in keepers:
                keeper.offer(shard, batch)
        stands_for = sizes.sum() / (draws * sizes[shard])
        for draw, keeper in zip(numbers[shard], keepers, strict=True):
            kept = keeper.kept()
            documents += stands_for * keeper.seen
            for one in kept:
                place = (one.shard, one.piece, one.line)
                _, weight, came = found.get(place, (one, 0.0, []))
                found[place] = (one, weight + stands_for * keeper.seen / len(kept), [*came, draw])
        progress(f"reading {frame.name}", done, len(times))
    rows = [_row(frame, one, weight, tuple(came)) for one, weight, came in found.values()]
    return _source(frame, "two stages", len(times), draws, sum(len(row.draws) for row in rows), documents), rows


def _source(frame: Frame, design: str, read: int, draws: int, rows: int, documents: float) -> SampledSource:
    return SampledSource(
        name=frame.name,
        design="one pass" if design == "one pass" else "two stages",
        shards=len(frame.sizes),
        bytes=int(sum(frame.sizes)),
        shards_read=read,
        draws=draws,
        rows=rows,
        documents=float(documents),
        unreadable=frame.unreadable(),
    )


def _row(frame: Frame, one: _Kept, weight: float, draws: tuple[int, ...]) -> SampledRow:
    place = frame.where(one.shard, one.piece, one.line)
    return SampledRow(
        id=f"{frame.name}/{place.told}",
        source=frame.name,
        file=place.file,
        line=place.line,
        offset=place.offset,
        url=one.url,
        weight=float(weight),
        draws=draws,
        text=one.text,
    )


class _Keeper:
    """Keeps the `size` rows with the smallest random keys: a simple random sample of all that were offered."""

    def __init__(self, size: int, rng: np.random.Generator) -> None:
        self.size, self._rng, self.seen = size, rng, 0
        self._rows: list[tuple[float, int, _Kept]] = []

    def offer(self, shard: int, batch: pa.RecordBatch) -> None:
        """Look at a batch of READ."""
        keys: NDArray[np.float64] = self._rng.random(batch.num_rows)
        limit = self._rows[-1][0] if len(self._rows) == self.size else np.inf
        places = np.flatnonzero(keys < limit)
        places = places[np.argsort(keys[places])][: self.size]
        texts, urls, pieces, lines = (batch[name] for name in ("text", "url", "piece", "line"))
        for place in places.tolist():
            one = _Kept(texts[place].as_py(), shard, pieces[place].as_py(), lines[place].as_py(), urls[place].as_py())
            self._rows.append((float(keys[place]), self.seen + place, one))
        self._rows = sorted(self._rows, key=lambda row: row[:2])[: self.size]
        self.seen += batch.num_rows

    def kept(self) -> list[_Kept]:
        """Return the rows in the order of the source."""
        return [one for _, _, one in sorted(self._rows, key=lambda row: row[1])]
