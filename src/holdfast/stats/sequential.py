"""Tests that may be looked at after each prompt: e-processes for "degraded" and for "non-inferior".

An e-process starts at 1 and, while its null hypothesis holds, exceeds 1 / alpha at any time with a chance of at most alpha
(Ville's inequality). So a run may stop as soon as one does. The prompts must come in random order (see `stratified_order`).
All e-values are natural logs: they pass 1e308 on clear data.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, log

import numpy as np
import numpy.typing as npt

from holdfast.core.errors import InputError
from holdfast.core.struct import Value

__all__ = ["SequentialVerdict", "log_e_degraded", "log_e_noninferior", "log_wealth", "sequential_verdict"]

_BETS = 30
_ROUNDING = 1e-9  # sums of differences are compared with multiples of a margin such as 0.1


class SequentialVerdict(Value, frozen=True, kw_only=True):
    """Where two e-processes first reached 1 / alpha, if they did."""

    degraded_at: int | None
    """Prompts seen when a drop above 0 was confirmed; None: not confirmed."""
    noninferior_at: int | None
    """Prompts seen when a drop below the margin was confirmed; None: not confirmed."""
    seen: int
    log_e_degraded: float
    """At the last prompt; may be infinite when all prompts of a bank were asked."""
    log_e_noninferior: float
    margin: float
    alpha: float
    """Error probability of each of the two statements on its own."""


def log_e_degraded(differences: Sequence[float], *, above: float = 0.0, population: int | None = None) -> npt.NDArray[np.float64]:
    """Return, after each difference (base minus tuned, -1 to 1), the log evidence that the mean drop is above `above`.

    The mean over 30 bets L between 0 and 1 / (1 + above) of the product of 1 + L * (difference - above). With `population`,
    the size of a fixed prompt bank asked without repetition, the statement is about that bank and becomes certain (inf or
    -inf) at its end.
    Source: betting on bounded means, Waudby-Smith and Ramdas 2024 (arXiv 2010.09686), with a fixed grid of bets.
    """
    if not 0.0 <= above < 1.0:
        raise InputError(f"A drop to exceed must be at least 0 and below 1, got {above!r}.")
    return log_wealth(-_differences(differences), -above, population)


def log_e_noninferior(differences: Sequence[float], *, margin: float, population: int | None = None) -> npt.NDArray[np.float64]:
    """Return, after each difference (base minus tuned, -1 to 1), the log evidence that the mean drop is below `margin`.

    The mean over 30 bets L between 0 and 1 / (1 - margin) of the product of 1 + L * (margin - difference); `population` as in
    `log_e_degraded`. Raises InputError unless 0 < margin < 1.
    """
    if not 0.0 < margin < 1.0:
        raise InputError(f"A margin must lie strictly between 0 and 1, got {margin!r}. Give for example 0.1 for 10 points.")
    return log_wealth(_differences(differences), margin, population)


def sequential_verdict(
    differences: Sequence[float], *, margin: float, alpha: float = 0.05, population: int | None = None, looks: Sequence[int] | None = None
) -> SequentialVerdict:
    """Return after how many prompts "degraded" and "non-inferior" were confirmed, each at level `alpha`.

    `looks` are the numbers of prompts after which one looks (default: after each); with a stratified order, the ends of its
    blocks. Stopping at whichever comes first has a total error of at most 2 alpha. The two may both be confirmed.
    """
    if not 0.0 < alpha < 1.0:
        raise InputError(f"alpha must lie strictly between 0 and 1, got {alpha!r}.")
    degraded = log_e_degraded(differences, population=population)
    noninferior = log_e_noninferior(differences, margin=margin, population=population)
    times = np.arange(1, degraded.size + 1) if looks is None else np.asarray(sorted(set(looks)), dtype=np.int64)
    times = times[times <= degraded.size]
    if times.size and times[0] < 1:
        raise InputError(f"A look is a number of prompts, at least 1, got {int(times[0])}.")
    return SequentialVerdict(
        degraded_at=_first(degraded, times, alpha),
        noninferior_at=_first(noninferior, times, alpha),
        seen=degraded.size,
        log_e_degraded=float(degraded[-1]) if degraded.size else 0.0,
        log_e_noninferior=float(noninferior[-1]) if noninferior.size else 0.0,
        margin=margin,
        alpha=alpha,
    )


def log_wealth(values: npt.NDArray[np.float64], null_mean: float, population: int | None) -> npt.NDArray[np.float64]:
    """Return the log e-process against "the mean is at least `null_mean`" along the last axis of values in -1 to 1.

    The wealth, not its log, is averaged over the bets (k - 1/2) / 30 / (1 - null_mean), k = 1 to 30. Without replacement
    the null mean is replaced by the mean that it leaves for the rest of the bank, and bets are capped so that no wealth
    turns negative; where the rest cannot bring the null about any more the wealth is infinite, where it cannot prevent it, 0.
    """
    length = values.shape[-1]
    bets = (np.arange(_BETS) + 0.5) / _BETS / (1.0 - null_mean)
    if population is None:
        gains = np.log1p(bets * (null_mean - values)[..., None])
        return _log_mean_exp(np.cumsum(gains, axis=-2))
    if length > population:
        raise InputError(f"A bank of {population} prompts cannot have given {length} differences.")
    owed = population * null_mean - np.cumsum(values, axis=-1)  # what the rest must sum to, at least, under the null
    left = population - np.arange(1, length + 1)
    rest = (owed + values) / (left + 1)
    caps = 1.0 / np.maximum(1.0 - rest, _ROUNDING)  # a rest of 1 or more is settled below, whatever the bet
    factors = 1.0 + np.minimum(bets, caps[..., None]) * (rest - values)[..., None]
    with np.errstate(divide="ignore"):
        wealth = _log_mean_exp(np.cumsum(np.log(np.maximum(factors, 0.0)), axis=-2))
    wealth = np.where(owed <= _ROUNDING - left, -inf, wealth)
    return np.where(owed > left + _ROUNDING, inf, wealth)


def _log_mean_exp(logs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    highest = np.maximum(logs.max(axis=-1, initial=-inf), -1e300)  # finite, so that -inf - highest stays -inf
    with np.errstate(divide="ignore"):
        result: npt.NDArray[np.float64] = highest + np.log(np.exp(logs - highest[..., None]).mean(axis=-1))
    return result


def _first(log_e: npt.NDArray[np.float64], times: npt.NDArray[np.int64], alpha: float) -> int | None:
    reached = np.flatnonzero(log_e[times - 1] >= log(1.0 / alpha))
    return int(times[reached[0]]) if reached.size else None


def _differences(differences: Sequence[float]) -> npt.NDArray[np.float64]:
    values = np.asarray(differences, dtype=np.float64)
    if values.ndim != 1 or not (np.abs(values) <= 1.0).all():
        raise InputError("Differences must be one row of numbers between -1 and 1. Leave out what was not measured, and say so.")
    return values
