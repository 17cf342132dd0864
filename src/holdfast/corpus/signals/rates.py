"""How far hosts and authors differ by nature, and how improbable it is that one of them shows so many documents of a kind.

A host has e documents, and d of them show something (they repeat another one, they are odd, they fall into a window). Hosts differ:
each has a rate of its own, drawn from a gamma distribution, and d is Poisson given its rate (the gamma-Poisson shrinker of
DuMouchel, "Bayesian data mining in large frequency tables", 1999). So d has a negative binomial distribution; where a host's other
days are known, they move its rate, and the tail is the posterior predictive one, a negative binomial again.

Memory: hosts are summed up in cells of about equal e and d, a few thousand at most, whatever their number.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cells", "Rates", "cells_of", "fit"]

_FEWEST = 20
"""Hosts below which nothing can be said of how they differ."""
_ROUNDS = 10
_TRIMMED = 0.05
"""Share of hosts with the largest rates that the first fit leaves out, so that what is looked for does not hide itself."""
_LOG_SHAPES = (float(np.log(1e-3)), float(np.log(1e6)))
"""Shapes of the gamma distribution that are considered, as logarithms."""
_SPREAD = 2.0
"""Standard deviation of the logarithm of the shape before anything is known of it, around a shape of 1."""
_DROP = 0.82
"""Half the 80 % quantile of chi-squared with one degree of freedom: an interval that leaves 10 % at either end."""

F64 = NDArray[np.float64]


class Cells(NamedTuple):
    """Hosts of about equal size and count."""

    hosts: F64
    """How many there are in each cell."""
    documents: F64
    """Theirs, on average."""
    shown: F64
    """Of these, on average."""


class Rates(NamedTuple):
    """The rates of ordinary hosts: gamma with mean `mean` and shape `shape`."""

    mean: float
    shape: float

    def tail(self, shown: F64, documents: F64, *, before: tuple[F64, F64] | None = None) -> F64:
        """Return P(at least `shown` of `documents`), per host.

        Args:
            shown: documents of the kind.
            documents: the host's documents.
            before: (shown, documents) of the same host at other times.
        """
        from scipy.stats import nbinom

        was_shown, was = before if before is not None else (np.zeros(1), np.zeros(1))
        shape, scale = self.shape + was_shown, self.shape / self.mean + was
        tail: F64 = nbinom.sf(shown - 1, shape, scale / (scale + documents))
        return tail

    def expected(self, documents: float, *, before: tuple[float, float] = (0.0, 0.0)) -> float:
        """Return how many of a host's documents are to be expected."""
        return documents * (self.shape + before[0]) / (self.shape / self.mean + before[1])

    def smallest(self, bar: float, least: int) -> int | None:
        """Return the smallest number of documents, all shown, of a new host for which the tail is at most `bar`; None if there is none."""
        sizes = np.unique(np.geomspace(least, 1e7, 400).astype(np.int64)).astype(np.float64)
        enough = np.flatnonzero(self.tail(sizes, sizes) <= bar)
        return int(sizes[enough[0]]) if len(enough) else None


def cells_of(documents: NDArray[np.int64], shown: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of the cell that each host belongs to: half octaves of documents, quarter octaves of larger counts."""
    size = (2 * np.log2(np.maximum(documents, 1))).astype(np.int64)
    count = np.where(shown < 16, shown, 16 + (4 * np.log2(np.maximum(shown, 16) / 16)).astype(np.int64))
    return size * 256 + np.minimum(count, 255)


def fit(cells: Cells, alpha: float, *, fewest: int = _FEWEST) -> Rates | None:
    """Return the rates of ordinary hosts, those left out that the fit itself finds improbable; None for too few hosts.

    Args:
        cells: all hosts.
        alpha: family-wise error below which a host counts as no ordinary one.
        fewest: hosts that it takes.
    """
    total = float(cells.hosts.sum())
    if total < fewest:
        return None
    mean = (cells.hosts @ cells.shown) / (cells.hosts @ cells.documents)
    excess = (cells.shown - mean * cells.documents) / np.sqrt(mean * cells.documents + 1)
    order = np.argsort(-excess, kind="stable")
    ordinary = np.ones(len(excess), dtype=bool)
    # A cell is left out whole only where all of it belongs to the largest share.
    ordinary[order[np.cumsum(cells.hosts[order]) <= max(_TRIMMED * total, 1)]] = False
    for _ in range(_ROUNDS):
        told = _likeliest(cells, ordinary).tail(np.floor(cells.shown), cells.documents) * total > alpha
        if (told == ordinary).all() or cells.hosts[told].sum() < fewest:
            break
        ordinary = told
    return _cautious(cells, ordinary)


def _likeliest(cells: Cells, chosen: NDArray[np.bool_]) -> Rates:
    """Return the gamma distribution of largest likelihood."""
    return _Likelihood(cells, chosen).best()


def _cautious(cells: Cells, chosen: NDArray[np.bool_]) -> Rates:
    """Return the gamma distribution of largest likelihood, moved to the end of its interval at which hosts differ most.

    The shape falls until the likelihood tells (one-sided, 90 %), and the mean rises by a standard error: with few hosts, what was
    not seen of their differences must not be called improbable.
    """
    told = _Likelihood(cells, chosen)
    rates = told.best()
    shape = told.widest(rates.shape)
    # Variance of the pooled rate where each host has its own: Poisson's, and what hosts differ by.
    whole = told.hosts @ told.documents
    error = np.sqrt(rates.mean / whole + rates.mean**2 / shape * (told.hosts @ told.documents**2) / whole**2)
    return Rates(rates.mean + float(error), shape)


class _Likelihood:
    """The likelihood of the shape, at the pooled rate."""

    def __init__(self, cells: Cells, chosen: NDArray[np.bool_]) -> None:
        self.hosts, self.documents, self.shown = cells.hosts[chosen], cells.documents[chosen], cells.shown[chosen]
        # Half a document more, so that what was never seen is rare and not impossible.
        self.mean = float((self.hosts @ self.shown + 0.5) / (self.hosts @ self.documents + 1))

    def best(self) -> Rates:
        from scipy.optimize import minimize_scalar

        return Rates(self.mean, float(np.exp(minimize_scalar(self._loss, bounds=_LOG_SHAPES, method="bounded").x)))

    def widest(self, shape: float) -> float:
        from scipy.optimize import brentq

        bar = self._loss(np.log(shape)) + _DROP
        low = _LOG_SHAPES[0]
        return float(np.exp(brentq(lambda at: self._loss(at) - bar, low, np.log(shape)) if self._loss(low) > bar else low))

    def _loss(self, log_shape: float) -> float:
        from scipy.special import gammaln

        shape, documents, shown = np.exp(log_shape), self.documents, self.shown
        scale = shape / self.mean
        drawn = gammaln(shape + shown) - gammaln(shape)
        told = drawn + shape * np.log(scale / (scale + documents)) + shown * np.log(documents / (scale + documents))
        # Where next to nothing was ever seen, a likelihood alone would run to the widest shape there is.
        return float(log_shape**2 / (2 * _SPREAD**2) - self.hosts @ told)
