"""E-processes over the pairs of a stream: what may be said of a drop at any look, with a judge that errs."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, log
from typing import NamedTuple

from holdfast.compare.correction import JudgeErrors
from holdfast.compare.deciding.streams import Target
from holdfast.compare.pairs import Event, PromptPair
from holdfast.compare.shares import Shares, shares_of
from holdfast.core import Anytime
from holdfast.stats import betting_interval, calibration_slack, log_e_degraded, log_e_noninferior, rogan_gladen

__all__ = ["Differences", "corrected_differences", "loss_evidence", "target_evidence"]

_CALIBRATION_SHARE = 0.2  # of alpha, for the judge's errors being known from labels only


class Differences(NamedTuple):
    """One corrected difference (base minus tuned) per cluster, in the order asked, divided by `scale` to lie in -1 to 1."""

    scaled: tuple[float, ...]
    scale: float
    lowest_level: float
    """What the true rates are at least, so far; 0 to 1."""


def corrected_differences(event: Event, pairs: Sequence[PromptPair], errors: JudgeErrors) -> Differences:
    """Return the differences of an event over some pairs in the order asked; clusters without a scored pair are left out."""
    shares = shares_of(event, pairs)
    base, tuned = (_by_cluster(shares, values) for values in (shares.base, shares.tuned))
    if errors.base is None or errors.tuned is None:
        return Differences(tuple(before - after for before, after in zip(base, tuned, strict=True)), 1.0, 0.0)
    first, second = errors.base.youden, errors.tuned.youden
    offset = (errors.base.specificity - 1.0) / first - (errors.tuned.specificity - 1.0) / second
    scale = max(abs(offset + 1.0 / first), abs(offset - 1.0 / second))
    values = tuple((before / first - after / second + offset) / scale for before, after in zip(base, tuned, strict=True))
    levels = [(one + other) / 2 for one, other in zip(base, tuned, strict=True)]
    return Differences(values, scale, _lowest_level(levels, errors) if _depends_on_level(errors) else 0.0)


def _by_cluster(shares: Shares, values: Sequence[float]) -> list[float]:
    found: dict[str, list[float]] = {}
    for cluster, value in zip(shares.clusters, values, strict=True):
        found.setdefault(cluster, []).append(value)
    return [sum(members) / len(members) for members in found.values()]


def _depends_on_level(errors: JudgeErrors) -> bool:
    """Tell whether false alarms of the judge move a drop: not where they are the same on both sides."""
    seen = None if errors.base is None else errors.base.specificity_range
    return errors.by_side or (seen is not None and seen[0] < seen[1])


def _lowest_level(levels: Sequence[float], errors: JudgeErrors) -> float:
    """Return a lower limit, valid at any time, of the mean true rate of both sides."""
    if not levels or errors.base is None:
        return 0.0
    low = betting_interval(levels, bounds=(0.0, 1.0), confidence=0.99, one_sided=True).low
    return min(max(rogan_gladen(low, sensitivity=errors.base.sensitivity, specificity=errors.base.specificity), 0.0), 1.0)


def target_evidence(target: Target, found: Differences, errors: JudgeErrors, *, family: int, population: int | None) -> Anytime:
    """Return what is shown of a target so far; `decided` is set where a loss, or its absence, is."""
    spent = _spent(target.alpha, errors)
    values = [target.sign * value for value in found.scaled]
    lost = _degraded(values, found, errors, spent, population)
    margin = (target.margin - _slack(errors, found, target.margin, spent)) / found.scale
    kept = float(log_e_noninferior(values, margin=margin, population=population)[-1]) if values and 0.0 < margin < 1.0 else -inf
    left = target.alpha - spent
    return Anytime(
        margin=target.margin,
        log_e_degraded=lost,
        log_e_noninferior=kept,
        family=family,
        calibration_alpha=spent,
        decided=kept >= log(1.0 / left) or lost >= log(family / left),
    )


def loss_evidence(found: Differences, errors: JudgeErrors, *, alpha: float, family: int, population: int | None) -> Anytime:
    """Return what is shown so far of a loss alone, in one category."""
    spent = _spent(alpha, errors)
    lost = _degraded(list(found.scaled), found, errors, spent, population)
    decided = lost >= log(family / (alpha - spent))
    return Anytime(margin=None, log_e_degraded=lost, log_e_noninferior=None, family=family, calibration_alpha=spent, decided=decided)


def _degraded(values: Sequence[float], found: Differences, errors: JudgeErrors, spent: float, population: int | None) -> float:
    above = _slack(errors, found, 0.0, spent) / found.scale
    if not values or above >= 1.0:
        return 0.0
    return float(log_e_degraded(values, above=above, population=population)[-1])


def _spent(alpha: float, errors: JudgeErrors) -> float:
    return 0.0 if errors.base is None else alpha * _CALIBRATION_SHARE


def _slack(errors: JudgeErrors, found: Differences, drop: float, spent: float) -> float:
    if errors.base is None or errors.tuned is None:
        return 0.0
    return calibration_slack(errors.base, errors.tuned, drop=drop, lowest_level=found.lowest_level, confidence=1.0 - spent)
