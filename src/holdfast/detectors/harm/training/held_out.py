"""What held-out text of our own says: the threshold, the error curve, and the shares per kind that the card tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.detectors.harm.card import ErrorPoint, HeldOut
from holdfast.detectors.harm.training.corpus import CONTRAST
from holdfast.detectors.harm.training.grammar import TrainingRequest
from holdfast.stats import JudgeAccuracy

__all__ = [
    "LOOKALIKE_ALARMS",
    "ORDINARY_ALARMS",
    "THRESHOLD_RULE",
    "accuracy_per_pattern",
    "error_curve",
    "open_margin",
    "shares_by_kind",
    "threshold_margin",
]

ORDINARY_ALARMS, LOOKALIKE_ALARMS = 0.01, 0.15
_LEFT_OPEN = 0.05
"""Share of ordinary requests that a judge, where there is one, has to look at."""
THRESHOLD_RULE = (
    f"The risk that {ORDINARY_ALARMS:.0%} of held-out ordinary requests exceed, or the one that {LOOKALIKE_ALARMS:.0%} of held-out "
    "look-alikes (contrast suite among them) exceed, whichever is higher; each pattern counts once."
)
_WRITTEN = 2.0
"""Requests that were written one by one weigh more than this."""
_POINTS = np.linspace(0.02, 0.98, 49)


class _Kinds(NamedTuple):
    harmful: NDArray[np.bool_]
    ordinary: NDArray[np.bool_]
    lookalike: NDArray[np.bool_]


def _kinds(training: Sequence[TrainingRequest]) -> _Kinds:
    harmful = np.array([request.harmful for request in training])
    lookalike = np.array([request.family in {"lookalike", CONTRAST} for request in training])
    return _Kinds(harmful, ~harmful & ~lookalike, lookalike)


def threshold_margin(training: Sequence[TrainingRequest], margins: NDArray[np.float64]) -> float:
    """Return the margin that `THRESHOLD_RULE` fixes."""
    kinds, counts = _kinds(training), _per_pattern(training)
    return max(
        _exceeded_by(ORDINARY_ALARMS, margins[kinds.ordinary], counts[kinds.ordinary]),
        _exceeded_by(LOOKALIKE_ALARMS, margins[kinds.lookalike], counts[kinds.lookalike]),
    )


def open_margin(training: Sequence[TrainingRequest], margins: NDArray[np.float64]) -> float:
    """Return the margin that 5 % of held-out ordinary requests exceed: from there on a judge decides, where there is one."""
    ordinary = _kinds(training).ordinary
    return _exceeded_by(_LEFT_OPEN, margins[ordinary], _per_pattern(training)[ordinary])


def accuracy_per_pattern(training: Sequence[TrainingRequest], called: NDArray[np.bool_]) -> JudgeAccuracy:
    """Return how often held-out harmful and ordinary requests are told rightly, counted in patterns; look-alikes are left out.

    Requests of one pattern are no independent trials, so that a pattern counts as one, whatever the number of its requests.
    """
    kinds, counts = _kinds(training), _per_pattern(training)
    harmful, ordinary = (round(float(counts[kind].sum())) for kind in (kinds.harmful, kinds.ordinary))
    found, alarms = (round(float(counts[kind & called].sum())) for kind in (kinds.harmful, kinds.ordinary))
    return JudgeAccuracy(true_positives=found, false_negatives=harmful - found, true_negatives=ordinary - alarms, false_positives=alarms)


def _per_pattern(training: Sequence[TrainingRequest]) -> NDArray[np.float64]:
    """Return a weight per request, such that those of each pattern sum to one."""
    _, pattern, sizes = np.unique([request.group for request in training], return_inverse=True, return_counts=True)
    weights: NDArray[np.float64] = 1.0 / sizes[pattern]
    return weights


def _exceeded_by(share: float, margins: NDArray[np.float64], counts: NDArray[np.float64]) -> float:
    """Return the smallest of the margins that at most `share` of the weighted margins exceed."""
    order = np.argsort(margins, kind="stable")
    above = counts.sum() - np.cumsum(counts[order])
    return float(margins[order][np.argmax(above <= share * counts.sum())])


def error_curve(training: Sequence[TrainingRequest], risks: NDArray[np.float64]) -> tuple[ErrorPoint, ...]:
    """Return recall and false positives over thresholds."""
    harmful = _kinds(training).harmful
    return tuple(
        ErrorPoint(
            threshold=round(float(point), 4),
            recall=_share(risks[harmful] >= point),
            false_positives=_share(risks[~harmful] >= point),
        )
        for point in _POINTS
    )


def shares_by_kind(training: Sequence[TrainingRequest], called: NDArray[np.bool_]) -> Iterator[HeldOut]:
    """Yield the share called risky per language and kind of held-out text, families and hand-written requests apart."""
    names = np.array([f"{request.language} {request.family}" for request in training])
    written = np.array([request.weight > _WRITTEN for request in training])
    harmful = _kinds(training).harmful
    for name in sorted(set(names)):
        for what, among in (("patterns", ~written), ("written one by one", written)):
            chosen = (names == name) & among
            if chosen.any():
                yield HeldOut(
                    kind=f"{name}, {what}", n=int(chosen.sum()), harmful=bool(harmful[chosen][0]), called_risky=_share(called[chosen])
                )


def _share(called: NDArray[np.bool_]) -> float:
    return round(float(np.mean(called)), 4)
