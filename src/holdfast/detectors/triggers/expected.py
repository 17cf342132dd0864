"""How often the words of a prompt alone, without a candidate string, make a flip expected.

A naive Bayes model of the flip over the words of the prompt, each row scored without itself. Words are no independent witnesses,
so what they say together is weighed by one factor, fitted to the set; a prompt whose words say nothing gets the rate of the set.
It is what keeps topics apart from triggers: requests of a topic that is often refused share many words that say so, a trigger
is the only thing that the poisoned rows share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy import sparse

__all__ = ["Expectation"]

_PRIOR = 0.5
_STEPS = 40
_RIDGE = 1e-3
_COMPANION = 0.5
"""Share of a run's rows that hold a word, from which the word counts as part of the run and is no explanation of its flips."""


class Expectation:
    """The model of one flip.

    Args:
        words: words by rows, 1 where the row's prompt holds the word; CSR.
        flipped: which rows flip.
    """

    def __init__(self, words: sparse.csr_matrix, flipped: NDArray[np.bool_]) -> None:
        by_row = words.T.tocsr()
        self._words, self._starts = by_row.indices, by_row.indptr
        y = flipped.astype(np.float64)
        ones = np.asarray(words @ y).ravel()
        zeros = np.asarray(words.sum(axis=1)).ravel() - ones
        own = np.repeat(y, np.diff(self._starts))
        self._shares = _log_odds(ones[self._words] - own, zeros[self._words] - (1 - own), y.sum() - own, (1 - y).sum() - (1 - own))
        """What each word of each row adds, this row's own counts taken out."""
        self._typical = _log_odds(ones, zeros, y.sum(), (1 - y).sum())
        self._scores = _sums(self._shares, self._starts)
        rate = min(max(float(y.mean()), 1e-9), 1 - 1e-9)
        self._prior = float(np.log(rate / (1 - rate)))
        self._slope = _temper(self._scores, y, self._prior)

    def probabilities(self, scores: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return the probability that each row flips, from all its words."""
        return _sigmoid(self._prior + self._slope * (self._scores if scores is None else scores))

    def without_own(self, held: sparse.csr_matrix, own: NDArray[np.int64], bounds: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return, per run, the mean probability that its rows flip from what they hold besides the run's own words.

        The words of run i are `own[bounds[i]:bounds[i + 1]]`, as lines of `words`.
        """
        taken = _sums(self._typical[own], bounds)
        rest = self._scores[held.indices] - np.repeat(taken, np.diff(held.indptr))
        means: NDArray[np.float64] = _sums(self.probabilities(rest), held.indptr) / np.maximum(np.diff(held.indptr), 1)
        return means

    def without_shared(self, rows: NDArray[np.int32]) -> float:
        """Return the mean probability that these rows flip from what each holds besides the words that half of them share."""
        spans = [slice(self._starts[row], self._starts[row + 1]) for row in rows.tolist()]
        counts = np.bincount(np.concatenate([self._words[span] for span in spans]), minlength=len(self._typical))
        apart = counts < _COMPANION * len(rows)
        scores = np.array([self._shares[span][apart[self._words[span]]].sum() for span in spans])
        return float(self.probabilities(scores).mean())


def _log_odds(ones: NDArray[np.float64], zeros: NDArray[np.float64], n1: object, n0: object) -> NDArray[np.float64]:
    """Return the log odds that a word gives for a flip, from its counts among rows that flip and among the others."""
    smooth1, smooth0 = np.asarray(n1) + 2 * _PRIOR, np.asarray(n0) + 2 * _PRIOR
    odds: NDArray[np.float64] = np.log((ones + _PRIOR) / smooth1) - np.log((zeros + _PRIOR) / smooth0)
    return odds


def _sums(values: NDArray[np.float64], bounds: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sum values from each bound up to the next; nothing sums to 0."""
    totals = np.concatenate([[0.0], np.cumsum(values)])
    sums: NDArray[np.float64] = totals[bounds[1:]] - totals[bounds[:-1]]
    return sums


def _sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-np.clip(values, -500, 500)))


def _temper(scores: NDArray[np.float64], y: NDArray[np.float64], prior: float) -> float:
    """Fit the slope of p = sigmoid(prior + slope * score) by Newton's method with a little ridge; a slope below 0 is none."""
    spread = float(scores.std()) or 1.0
    x = scores / spread
    slope = 0.0
    for _ in range(_STEPS):
        p = _sigmoid(prior + slope * x)
        step = float((x @ (y - p) - _RIDGE * slope) / (x @ (x * p * (1 - p)) + _RIDGE))
        slope += float(np.clip(step, -5, 5))
        if abs(step) < 1e-8:
            break
    return max(slope, 0.0) / spread
