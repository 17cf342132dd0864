"""When to raise an alarm over canaries, looking again and again: a group-sequential permutation test.

If a model knows nothing of what was planted, it cannot tell the planted secrets from others of the same draw. So the run as it is
stands among runs in which other secrets of the pool are called the planted ones, and all of these runs are equally likely to look the
most suspicious. At every look the most suspicious few are taken out, so many that over all looks, however many there are, at most a
share `alpha` of the runs goes. An alarm is that the true run goes; without memory its chance is at most `alpha`, exactly, whatever the
looks have to do with each other.

Most suspicious is the run whose canaries stand out most: those with one number of copies, or those with so many and more together,
since what is remembered of few copies is remembered of many. Each such set is compared with the same set of all runs, so that what
counts is how rare its mean is, and the rarest of a run's sets speaks for it (the minimum p of Westfall and Young).

Sources: Westfall and Young 1993 (joint permutation); Lan and DeMets 1983 (spending of the error over looks); Carlini et al. 2019,
section 4 (exposure as a rank). The spending function alpha * k / (k + 10) at look k is ours: it never runs out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from holdfast.core import InputError, Value

__all__ = ["AlarmRule", "CanaryScores", "Look", "ranked_bits", "sequential_looks"]

Floats = NDArray[np.float64]
_SLOWNESS = 10


class AlarmRule(Value, frozen=True, kw_only=True):
    """How an alarm is raised."""

    alpha: float = 0.05
    """Chance of a false alarm over the whole training, without a fixed line."""
    bits: float | None = None
    """A fixed line instead: mean exposure, in bits, of the canaries with some number of copies."""
    permutations: int = 99_999

    def __post_init__(self) -> None:
        """Refuse values that cannot be; raises InputError."""
        if not 0 < self.alpha < 1 or (self.bits is not None and not self.bits > 0) or self.permutations < 999:
            raise InputError(
                f"an alarm needs an alpha between 0 and 1, a line above 0 bits and at least 999 permutations, got {self.alpha}, "
                f"{self.bits} and {self.permutations}."
            )


class CanaryScores(NamedTuple):
    """One canary at one look: the exposure that every secret of its pool has after its request, its own secret's place among them."""

    group: int
    """How many copies were planted."""
    pool: str
    """Canaries of one pool (a format) have the same secrets in the same order."""
    own: int
    bits: Floats


class Look(Value, frozen=True, kw_only=True):
    """What a look says."""

    bits: dict[int, float]
    """Mean exposure by number of copies, in bits, among all secrets of the pool."""
    line: dict[int, float | None]
    """The mean exposure above which each would have raised the alarm; None where this look has no error to spend."""
    alarm: bool
    group: int
    """The number of copies whose canaries stand out most."""
    upwards: bool
    """True where it is they and those with more copies, taken together."""
    mean: float
    """Mean exposure of what stands out most, in bits."""
    mean_line: float | None
    """From which it raises the alarm; None as for `line`."""
    reachable: bool
    """False where even secrets that beat all others could not have raised it: there are too few canaries or references."""
    false_alarms: float
    """Share of the other runs that had raised an alarm by now: with a fixed line, its chance of a false one."""


def ranked_bits(losses: Sequence[float] | Floats, tokens: Sequence[int] | NDArray[np.int64]) -> Floats:
    """Return, for each secret of a pool, log2 n - log2 rank among the n secrets with as many tokens; ties get the worse rank.

    >>> ranked_bits([1.0, 2.0, 3.0, 4.0], [9, 9, 9, 9]).round(2).tolist()
    [2.0, 1.0, 0.42, 0.0]
    """
    values, lengths = np.asarray(losses, dtype=float), np.asarray(tokens)
    bits = np.zeros(values.size)
    for length in np.unique(lengths):
        alike = np.flatnonzero(lengths == length)
        ordered = np.sort(values[alike])
        bits[alike] = np.log2(alike.size) - np.log2(np.searchsorted(ordered, values[alike], side="right"))
    return bits


def sequential_looks(looks: Sequence[Sequence[CanaryScores]], rule: AlarmRule, *, seed: int) -> list[Look]:
    """Return what each look says, in the order in which they were taken; every look has the same canaries in the same order.

    More looks never change what earlier ones said. Raises InputError where looks differ in their canaries.
    """
    if not looks:
        return []
    shape = [(one.group, one.pool, one.own, one.bits.size) for one in looks[0]]
    if any([(one.group, one.pool, one.own, one.bits.size) for one in look] != shape for look in looks):
        raise InputError("the looks at a training must have the same canaries.")
    others = _assignments(looks[0], rule.permutations, seed)
    alive = np.ones(rule.permutations, dtype=bool)
    found = []
    for number, look in enumerate(looks, 1):
        verdict, alive = _look(look, others, alive, number, rule)
        found.append(verdict)
    return found


def _assignments(canaries: Sequence[CanaryScores], count: int, seed: int) -> NDArray[np.int32]:
    """Return, per other run, the place in its pool of the secret that each canary is given; no secret is given twice."""
    rng = np.random.default_rng(seed)
    places = np.zeros((len(canaries), count), dtype=np.int32)
    for pool in dict.fromkeys(one.pool for one in canaries):
        members = [index for index, one in enumerate(canaries) if one.pool == pool]
        size = canaries[members[0]].bits.size
        # The first of a random order is a random draw without replacement; runs with a secret twice are drawn again until there is none.
        drawn = rng.integers(0, size, (len(members), count), dtype=np.int32)
        while len(members) > 1:
            ordered = np.sort(drawn, axis=0)
            again = np.flatnonzero((ordered[1:] == ordered[:-1]).any(axis=0))
            if not again.size:
                break
            drawn[:, again] = rng.integers(0, size, (len(members), again.size), dtype=np.int32)
        places[members] = drawn
    return places


class _Set(NamedTuple):
    """Canaries that are looked at together: those with a number of copies, or with so many and more."""

    copies: int
    upwards: bool
    best: float
    """Highest mean exposure that secrets of the pools could have, none of them given twice."""
    own: float
    """Mean exposure of the planted secrets."""
    rarity: NDArray[np.int64]
    """Per run, the true one last: how many runs have a mean as high, itself counted."""
    means: Floats
    """Of the other runs."""

    def line(self, bar: int) -> float | None:
        """Return the mean above which fewer than `bar` runs are, the true one counted; None where there is none."""
        return float(np.partition(self.means, 1 - bar)[1 - bar]) if bar >= 2 else None


def _sets(look: Sequence[CanaryScores], others: NDArray[np.int32], *, upwards: bool) -> list[_Set]:
    """Return the canaries by number of copies, and with `upwards` also those with so many and more, but for the most."""
    counts = sorted({one.group for one in look})
    chosen = [(copies, False, {copies}) for copies in counts]
    if upwards:
        chosen += [(copies, True, set(counts[place:])) for place, copies in enumerate(counts[:-1])]
    return [_set([i for i, one in enumerate(look) if one.group in group], look, others, copies, more) for copies, more, group in chosen]


def _set(members: Sequence[int], look: Sequence[CanaryScores], others: NDArray[np.int32], copies: int, upwards: bool) -> _Set:
    means = np.mean([look[index].bits[others[index]] for index in members], axis=0)
    own = float(np.mean([look[index].bits[look[index].own] for index in members]))
    everyone = np.append(means, own)
    return _Set(
        copies=copies,
        upwards=upwards,
        best=_best([look[index] for index in members]),
        own=own,
        rarity=everyone.size - np.searchsorted(np.sort(everyone), everyone, side="left"),
        means=means,
    )


def _best(canaries: Sequence[CanaryScores]) -> float:
    total = 0.0
    for pool in dict.fromkeys(one.pool for one in canaries):
        bits = np.array([one.bits for one in canaries if one.pool == pool])
        total += float(bits[linear_sum_assignment(bits, maximize=True)].sum())
    return total / len(canaries)


def _look(
    look: Sequence[CanaryScores], others: NDArray[np.int32], alive: NDArray[np.bool_], number: int, rule: AlarmRule
) -> tuple[Look, NDArray[np.bool_]]:
    sets = _sets(look, others, upwards=rule.bits is None)
    rarest = np.min([one.rarity for one in sets], axis=0)
    left = alive.copy()
    if rule.bits is not None:
        lines: list[float | None] = [rule.bits] * len(sets)
        raised = any(one.own >= rule.bits for one in sets)
        reachable = any(one.best >= rule.bits for one in sets)
        left &= ~np.any([one.means >= rule.bits for one in sets], axis=0)
    else:
        spend = _spent(number, rule) - _spent(number - 1, rule)
        candidates = np.flatnonzero(alive)
        # Among runs that stand out alike the first ones go, so that exactly as many go as may.
        going = candidates[np.argsort(rarest[candidates], kind="stable")[:spend]]
        bar = int(rarest[going[-1]]) if going.size else 0
        lines = [one.line(bar) for one in sets]
        raised = bool(rarest[-1] < bar)
        reachable = any(line is not None and one.best > line for one, line in zip(sets, lines, strict=True))
        left[going] = False
    most = min(range(len(sets)), key=lambda place: (sets[place].rarity[-1], -sets[place].own))
    return (
        Look(
            bits={one.copies: one.own for one in sets if not one.upwards},
            line={one.copies: line for one, line in zip(sets, lines, strict=True) if not one.upwards},
            alarm=raised,
            group=sets[most].copies,
            upwards=sets[most].upwards,
            mean=sets[most].own,
            mean_line=lines[most],
            reachable=reachable,
            false_alarms=float(1 - left.mean()),
        ),
        left,
    )


def _spent(number: int, rule: AlarmRule) -> int:
    """Return how many runs may have gone after so many looks, the true one counted."""
    return int(rule.alpha * (rule.permutations + 1) * number / (number + _SLOWNESS))
