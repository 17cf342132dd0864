"""From a sample to the whole: the share of documents with a defect, with an interval that knows how the sample was drawn.

The share is Hajek's ratio of weighted sums; its variance is that of the linearised values between draws, within sources (Saerndal,
Swensson and Wretman 1992, chapter 5). The interval is Korn and Graubard's (1998): Clopper and Pearson's exact one at the number of
independent documents that would have given that variance. Where no document, or every document, has the defect, no variance can be
seen; then the number of independent draws is taken, as if rows of one shard were all alike, so that the limit holds for defects that
stand in few shards too.

Where only some rows are known, these are a second draw from the sample (two phases; Saerndal, Swensson and Wretman 1992, chapter 9):
then draws, strata and degrees of freedom are those of the known rows, and the sources are strata only as far as the first draw goes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.core import InputError, Value
from holdfast.corpus.sampling.sample import CorpusSample, SampledRow, SampledSource

__all__ = ["DefectEstimate", "estimate"]

_SMALL = 1e-15
_SEEN = "Hajek, variance between draws; Korn and Graubard"
_UNSEEN = "exact limit at the number of independent draws"


class DefectEstimate(Value, frozen=True, kw_only=True):
    """One defect in the whole corpus, or in one source."""

    defect: str
    source: str
    """A source's name, or 'all'."""
    share: float
    """Of the documents."""
    low: float
    high: float
    confidence: float
    documents: float
    """How many documents that is, estimated."""
    documents_low: float
    documents_high: float
    hits: int
    """Documents of the sample that have it."""
    n: int
    """Documents of the sample of which it is known."""
    effective_n: float
    """Independent documents that would say as much; at most `n`."""
    method: str


class _Part(NamedTuple):
    """One source: per draw, the weighted sum of the defect and of the documents. Draws without a known row are left out."""

    hits: NDArray[np.float64]
    weights: NDArray[np.float64]
    finite: float
    """Share of the source that the sample left out, where every document has the same chance; 1 for draws with replacement."""


def estimate(
    sample: CorpusSample,
    defect: str,
    rows: Collection[str],
    *,
    known: Collection[str] | None = None,
    confidence: float = 0.95,
) -> list[DefectEstimate]:
    """Return the estimate for the whole corpus ('all', first) and, where there are several sources, for each.

    Args:
        sample: as drawn.
        defect: its name.
        rows: ids of the sampled rows that have it.
        known: ids of the rows of which it is known whether they have it; None is all. The others are taken to be like these.
        confidence: two-sided.

    Raises InputError where no row is known.
    """
    chosen = [row for row in sample.rows if known is None or row.id in known]
    if not chosen:
        raise InputError(f"{defect}: nothing is known of any row of the sample. Label some rows, with the ids of the sample.")
    have = set(rows)
    found = [_one(defect, "all", sample.sources, chosen, len(sample.rows), have, confidence)]
    if len(sample.sources) > 1:
        for source in sample.sources:
            own = [row for row in chosen if row.source == source.name]
            if own:
                drawn = sum(row.source == source.name for row in sample.rows)
                found.append(_one(defect, source.name, [source], own, drawn, have, confidence))
    return found


def _one(
    defect: str,
    name: str,
    sources: Sequence[SampledSource],
    rows: Sequence[SampledRow],
    drawn: int,
    have: set[str],
    confidence: float,
) -> DefectEstimate:
    known = len(rows) / drawn
    parts = [_part(source, [row for row in rows if row.source == source.name], have, whole=known == 1.0) for source in sources]
    total = sum(float(part.weights.sum()) for part in parts)
    share = min(1.0, sum(float(part.hits.sum()) for part in parts) / total)
    hits = sum(row.id in have for row in rows)
    low, high, effective = _limits(parts, share, total, len(rows), known, confidence)
    documents = sum(source.documents for source in sources)
    return DefectEstimate(
        defect=defect,
        source=name,
        share=share,
        low=min(low, share),
        high=max(high, share),
        confidence=confidence,
        documents=share * documents,
        documents_low=min(low, share) * documents,
        documents_high=max(high, share) * documents,
        hits=hits,
        n=len(rows),
        effective_n=effective,
        method=_SEEN if 0 < hits < len(rows) else _UNSEEN,
    )


def _part(source: SampledSource, rows: Sequence[SampledRow], have: set[str], *, whole: bool) -> _Part:
    hits, weights = np.zeros(source.draws), np.zeros(source.draws)
    there = np.full(source.draws, whole)
    for row in rows:
        places = list(row.draws)
        there[places] = True
        weights[places] += row.weight / len(places)
        if row.id in have:
            hits[places] += row.weight / len(places)
    finite = 1.0 - source.rows / source.documents if source.design == "one pass" and source.documents else 1.0
    return _Part(hits[there], weights[there], max(finite, 0.0))


def _limits(parts: Sequence[_Part], share: float, total: float, n: int, known: float, confidence: float) -> tuple[float, float, float]:
    """Return (low, high, effective n); `known` is the share of the drawn rows of which it is known."""
    from scipy.special import betaincinv, stdtrit

    tail = (1.0 - confidence) / 2.0
    if known == 1.0 and all(part.finite == 0.0 for part in parts):
        return share, share, float(n)
    variance, freedom = _spread(parts, share, known)
    variance /= total**2
    if variance <= _SMALL * share or not 0.0 < share < 1.0:
        effective = min(float(n), _kish(parts))
    else:
        # Few draws make the variance itself uncertain: Student's quantile stands for it.
        doubt = float(stdtrit(max(n - 1, 1), tail) / stdtrit(max(1, min(freedom, n - 1)), tail)) ** 2
        # As many rows as are known, over the design effect: the variance over that of as many rows that were drawn one by one.
        effective = min(float(n), share * (1.0 - share) / variance * n / max(n - 1, 1)) * doubt
    events = share * effective
    low = 0.0 if share <= 0.0 else float(betaincinv(events, effective - events + 1.0, tail))
    high = 1.0 if share >= 1.0 else float(betaincinv(events + 1.0, effective - events, 1.0 - tail))
    return low, high, effective


def _spread(parts: Sequence[_Part], share: float, known: float) -> tuple[float, int]:
    """Return the variance of the linearised total, and its degrees of freedom.

    Of the first phase it is the variance within sources; of the second, which takes rows from all sources alike, that over all of them.
    """
    linear = [part.hits - share * part.weights for part in parts]
    everywhere = np.concatenate(linear)
    if known < 1.0 and min(one.size for one in linear) < 2:
        # A source without two draws shows no variance of its own.
        return _variance(everywhere), everywhere.size - 1
    within = sum(part.finite * _variance(one) for part, one in zip(parts, linear, strict=True))
    variance = known * within + ((1.0 - known) * _variance(everywhere) if known < 1.0 else 0.0)
    return variance, everywhere.size - len(parts)


def _variance(values: NDArray[np.float64]) -> float:
    """Return the variance of a sum over draws, each as likely as another."""
    return float(values.size * values.var(ddof=1)) if values.size > 1 else 0.0


def _kish(parts: Sequence[_Part]) -> float:
    """Return the number of equally weighted draws that would say as much."""
    weights = np.concatenate([part.weights for part in parts])
    return float(weights.sum() ** 2 / (weights**2).sum())
