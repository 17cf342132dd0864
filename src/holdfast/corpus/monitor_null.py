"""When to raise an alarm over canaries, looking again and again: a group-sequential permutation test.

If a model knows nothing of what was planted, it cannot tell the planted secrets from others of the same draw. So the run as it is
stands among runs in which other secrets of the pool are called the planted ones, and all of these runs are equally likely to look the
most suspicious. At every look the most suspicious few are taken out, so many that over all looks, however many there are, at most a
share `alpha` of the runs goes. An alarm is that the true run goes; without memory its chance is at most `alpha`, exactly, whatever the
looks have to do with each other.

Sources: Westfall and Young 1993 (joint permutation); Lan and DeMets 1983 (spending of the error over looks); Carlini et al. 2019,
section 4 (exposure as a rank). The spending function alpha * k / (k + 10) at look k is ours: it never runs out.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    """The number of copies that stands out most."""
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


class _Group(NamedTuple):
    copies: int
    n: int
    centre: float
    spread: float
    """Of the mean, were the secrets drawn independently."""
    best: float
    own: float
    others: Floats


def _groups(look: Sequence[CanaryScores], others: NDArray[np.int32]) -> list[_Group]:
    groups = []
    for copies in sorted({one.group for one in look}):
        members = [index for index, one in enumerate(look) if one.group == copies]
        total = np.zeros(others.shape[1])
        for index in members:
            total += look[index].bits[others[index]]
        variance = sum(float(look[index].bits.var()) for index in members)
        groups.append(
            _Group(
                copies=copies,
                n=len(members),
                centre=float(np.mean([look[index].bits.mean() for index in members])),
                spread=variance**0.5 / len(members),
                best=float(np.mean([look[index].bits.max() for index in members])),
                own=float(np.mean([look[index].bits[look[index].own] for index in members])),
                others=total / len(members),
            )
        )
    return groups


def _look(
    look: Sequence[CanaryScores], others: NDArray[np.int32], alive: NDArray[np.bool_], number: int, rule: AlarmRule
) -> tuple[Look, NDArray[np.bool_]]:
    groups = _groups(look, others)
    # Where no secret differs from another there is nothing to rank by, and nothing stands out.
    scale = [group.spread or 1.0 for group in groups]
    own = [(group.own - group.centre) / wide for group, wide in zip(groups, scale, strict=True)]
    standing = np.max([(group.others - group.centre) / wide for group, wide in zip(groups, scale, strict=True)], axis=0)
    if rule.bits is not None:
        line: dict[int, float | None] = {group.copies: rule.bits for group in groups}
        raised = any(group.own >= rule.bits for group in groups)
        reachable = any(group.best >= rule.bits for group in groups)
        left = alive & ~np.any([group.others >= rule.bits for group in groups], axis=0)
    else:
        spend = _spent(number, rule) - _spent(number - 1, rule)
        highest = np.sort(standing[alive])[::-1]
        bar = float(highest[spend - 1]) if 0 < spend <= highest.size else float("inf")
        line = {group.copies: group.centre + bar * wide if isfinite(bar) else None for group, wide in zip(groups, scale, strict=True)}
        raised = max(own) > bar
        reachable = any((group.best - group.centre) / wide > bar for group, wide in zip(groups, scale, strict=True))
        left = alive.copy()
        # Among runs that stand out alike the first ones go, so that exactly as many go as may.
        left[np.flatnonzero(alive)[np.argsort(-standing[alive], kind="stable")[:spend]]] = False
    return (
        Look(
            bits={group.copies: group.own for group in groups},
            line=line,
            alarm=raised,
            group=groups[int(np.argmax(own))].copies,
            reachable=reachable,
            false_alarms=float(1 - left.mean()),
        ),
        left,
    )


def _spent(number: int, rule: AlarmRule) -> int:
    """Return how many runs may have gone after so many looks, the true one counted."""
    return int(rule.alpha * (rule.permutations + 1) * number / (number + _SLOWNESS))
