"""What would change if the plan were another: the same fine-tune with one thing done differently, ranked by the calibrated index."""

from __future__ import annotations

import math

import msgspec

from holdfast.core import Value
from holdfast.plan.calibrated import index_of
from holdfast.plan.finetune import METHODS, FineTune
from holdfast.plan.push_pull import LAB, USUAL_RATE, steps_of

__all__ = ["Variant", "safety_needed", "variants", "why_dearer", "with_safety"]

_SAFETY = (0.1, 0.3)
_SLOWER = 4.0
_SAME = 0.2
"""Differences of the index that are no difference."""


class Variant(Value, frozen=True, kw_only=True):
    """The plan, or the plan with one thing changed."""

    change: str
    """'as planned' for the plan itself."""
    fine_tune: FineTune
    index: float
    """How firmly the model refuses afterwards; only its order means anything for a real model."""
    gain: float
    """Index less that of the plan: above 0 is safer."""
    rank: int
    """1 is the safest; variants between which there is no difference to speak of share a rank, all that tie with the plan its own."""


def variants(given: FineTune) -> tuple[Variant, ...]:
    """Return the plan among its variants, safest first; changes that change nothing worth saying stay in, with a gain near 0."""
    made = [("as planned", given), *_changes(given)]
    index = {change: index_of(tune, in_lab=given.in_lab) for change, tune in made}
    planned = index["as planned"]
    # What does not differ from the plan stands where the plan stands, or it would have another rank and "no difference" beside it.
    standing = {change: planned + _gain(value - planned) for change, value in index.items()}
    ordered = sorted(made, key=lambda one: -index[one[0]])
    return tuple(
        Variant(
            change=change,
            fine_tune=tune,
            index=index[change],
            gain=_gain(index[change] - planned),
            rank=1 + sum(other > standing[change] + _SAME for other in standing.values()),
        )
        for change, tune in ordered
    )


def _gain(difference: float) -> float:
    return 0.0 if abs(difference) < _SAME else difference


def _changes(given: FineTune) -> list[tuple[str, FineTune]]:
    change = msgspec.structs.replace
    found: list[tuple[str, FineTune]] = []
    if given.harmful:
        found.append(("without the harmful rows", change(given, rows=given.rows - given.harmful, harmful=0)))
    if given.identity:
        found.append(("without the identity rows", change(given, rows=given.rows - given.identity, identity=0)))
    for share in _SAFETY:
        if given.rows and (given.share("safety") or 0.0) < share * 0.99:
            found.append((f"safety rows added up to {share:.0%}".replace("%", " %"), with_safety(given, share)))
    found.append((f"a learning rate of {given.learning_rate / _SLOWER:.3g}", change(given, learning_rate=given.learning_rate / _SLOWER)))
    if given.epochs > 1:
        found.append(("one epoch", change(given, epochs=1.0)))
    usual = LAB if given.in_lab else USUAL_RATE
    for method in METHODS:
        if method != given.method and given.method in usual:
            rate = given.learning_rate * usual[method] / usual[given.method]
            found.append((f"method {method}, learning rate {rate:.3g}", change(given, method=method, learning_rate=rate)))
    return [(words, tune) for words, tune in found if tune.rows > 0]


def safety_needed(others: int, share: float) -> int:
    """Return the fewest safety rows that are at least a share, below 1, of all rows beside `others`."""
    # A hair less, or 30 rows beside 70 would be one short of 30 % by rounding error alone.
    return max(1, math.ceil(share / (1 - share) * others - 1e-9))


def with_safety(given: FineTune, share: float) -> FineTune:
    """Return the plan with safety rows added, the other rows as they are, until they make up a share."""
    others = given.rows - (given.safety or 0)
    safety = safety_needed(others, share)
    return msgspec.structs.replace(given, rows=others + safety, safety=safety)


def why_dearer(given: FineTune, share: float) -> str:
    """Return why the plan is ranked less safe with safety rows up to a share, and what to do; '' where it is not.

    A safety row in place of another never lowers the index, so it can only be the steps that rows added bring with them.
    """
    more = with_safety(given, share)
    if more.rows <= given.rows or _gain(index_of(more, in_lab=given.in_lab) - index_of(given, in_lab=given.in_lab)) >= 0:
        return ""
    was, now = steps_of(given), steps_of(more)
    return (
        f"{more.rows - given.rows} rows added make {now:g} steps of {was:g}, and in the lab the steps take more than the rows keep here: "
        f"keep to {was:g} steps, by larger batches or fewer passes"
    )
