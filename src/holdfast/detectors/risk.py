"""How risky the requests of a batch are: a thin way to the model of `harm`, opened once per process.

Where no such model is there, nothing is called risky and nothing is called safe: detectors ask `assessed()` and say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.detectors import harm
from holdfast.stats import JudgeAccuracy

__all__ = [
    "NOT_ASSESSED",
    "RiskModel",
    "RiskScores",
    "accuracy",
    "assessed",
    "more_than_false_alarms",
    "open_from",
    "request_risks",
    "risky_from",
    "using",
]

NOT_ASSESSED = "no model that tells risky requests is installed"
_FALSE_ALARMS = 0.01
"""Share of harmless requests that the model may call risky; its goal and its measured bound on benign sets."""
_SURE = 0.01


class RiskScores(Protocol):
    """What a model says of some requests."""

    @property
    def risk(self) -> Sequence[float] | NDArray[np.floating]:
        """How risky each request is, 0 to 1."""
        ...


class RiskModel(Protocol):
    """What tells risky requests: `holdfast.detectors.harm.RequestRisk`, or one that is passed in."""

    @property
    def threshold(self) -> float:
        """The risk from which a request is called risky."""
        ...

    def score(self, texts: Sequence[str]) -> RiskScores:
        """Return the risk of each text, in order."""
        ...


_passed: list[RiskModel | None] = []


@cache
def _installed() -> RiskModel | None:
    made = getattr(harm, "RequestRisk", None)
    model: RiskModel | None = None if made is None else made()
    return model


def _model() -> RiskModel | None:
    return _passed[-1] if _passed else _installed()


@contextmanager
def using(model: RiskModel | None) -> Iterator[None]:
    """Use another model inside a `with` block, or None to do without: for tests and notebooks."""
    _passed.append(model)
    try:
        yield
    finally:
        _passed.pop()


def assessed() -> bool:
    """Return whether there is a model that tells risky requests."""
    return _model() is not None


def risky_from() -> float:
    """Return the risk from which a request is called risky; infinite without a model."""
    model = _model()
    return np.inf if model is None else float(model.threshold)


def open_from() -> float:
    """Return the risk from which a request is left to a judge, where there is one: at most `risky_from()`."""
    return float(getattr(_model(), "open_from", risky_from()))


def accuracy() -> JudgeAccuracy | None:
    """Return how often the model is right about requests, in labels of its card; None where nobody measured that."""
    found: JudgeAccuracy | None = getattr(_model(), "accuracy", None)
    return found


def request_risks(requests: pa.Array) -> NDArray[np.float64]:
    """Return the risk of each request, 0 to 1; NaN where there is none, and everywhere without a model.

    A request that comes again is looked at once.
    """
    risks = np.full(len(requests), np.nan)
    encoded = requests.dictionary_encode()
    model = _model()
    if model is None or not len(encoded.dictionary):
        return risks
    scores = np.asarray(model.score(encoded.dictionary.to_pylist()).risk, dtype=np.float64)
    asked = pc.is_valid(requests).to_numpy(zero_copy_only=False)
    risks[asked] = scores[encoded.indices.drop_null().to_numpy()]
    return risks


def more_than_false_alarms(risky: int, n: int) -> bool:
    """Return whether `risky` of `n` requests are more than false alarms explain: p < 0.01 if 1 % of harmless requests alarm.

    A statement about a whole set must not rest on the few rows that any large benign set gives. A single row still may.
    """
    # Not `scipy.stats`, whose import takes a second.
    from scipy.special import bdtrc

    return risky > 0 and bool(bdtrc(risky - 1, n, _FALSE_ALARMS) < _SURE)
