"""Watching a mean for ever: evidence that it has risen above a bound at some unknown time, valid however long one watches."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np
import numpy.typing as npt

from holdfast.core.errors import InputError

__all__ = ["log_e_change"]

_BETS = 30


def log_e_change(rounds: Sequence[Sequence[float]], *, above: float) -> npt.NDArray[np.float64]:
    """Return, after each round of values (-1 to 1), the log evidence that their mean has come to lie above `above`.

    While each value's mean, given all before it, is at most `above`, the evidence exceeds 1 / alpha at any time of an endless watch with a
    chance of at most alpha (Ville's inequality). Bets on the values begin anew in every round: the k-th beginning has the weight
    1 / (k (k + 1)) of the stake, and within it 30 bets L between 0 and 1 / (1 + above) multiply by 1 + L * (value - above). So a change in
    round 1,000 is found with a stake that quiet rounds have not used up; it costs 2 log(round) nats.
    Sources: betting on bounded means, Waudby-Smith and Ramdas 2024 (arXiv 2010.09686); mixtures over beginnings, Shin, Ramdas and Rinaldo
    2024, "E-detectors" (arXiv 2203.03532), here with weights that sum to 1, which bounds the whole watch and not its mean time to an alarm.
    """
    if not 0.0 <= above < 1.0:
        raise InputError(f"A drop to exceed must be at least 0 and below 1, got {above!r}.")
    bets = (np.arange(_BETS) + 0.5) / _BETS / (1.0 + above)
    gains = np.zeros((len(rounds) + 1, _BETS))
    for number, values in enumerate(rounds, 1):
        array = np.asarray(values, dtype=np.float64)
        if array.ndim != 1 or not (np.abs(array) <= 1.0).all():
            raise InputError("Each round must be one row of numbers between -1 and 1. Leave out what was not measured, and say so.")
        gains[number] = gains[number - 1] + np.log1p(bets * (array - above)[:, None]).sum(axis=0)
    beginnings = np.arange(1, len(rounds) + 1)
    weights = -np.log(beginnings) - np.log(beginnings + 1.0)
    found = np.zeros(len(rounds))
    for number in range(1, len(rounds) + 1):
        begun = gains[number] - gains[:number] + weights[:number, None] - log(_BETS)
        waiting = -log(number + 1.0)  # the stake of the beginnings to come
        found[number - 1] = np.logaddexp.reduce(np.append(begun.ravel(), waiting))
    return found
