"""Whether measurements that were read from a file can all be true: a drop is what its sides differ by, an interval holds its value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from holdfast.core import Measurement, metric

__all__ = ["contradiction_in"]

_SAME = 1e-6

_Key = tuple[str, str, str, str]


def contradiction_in(measurements: Sequence[Measurement]) -> str | None:
    """Return the first contradiction in words, or None. What a judge's errors were corrected for is compared as it was observed."""
    by_key: dict[_Key, Measurement] = {}
    for one in measurements:
        if by_key.setdefault(one.key, one) is not one:
            return f"{_named(one)} stands there twice"
        said = next(_alone(one), None)
        if said is not None:
            return f"{_named(one)} {said}"
    with_drops = {one.metric for one in measurements if one.side == "drop"}
    for one in measurements:
        said = _between(one, by_key) if one.side == "base" and one.metric in with_drops else None
        if said is not None:
            return said
    return None


def _alone(one: Measurement) -> Iterator[str]:
    kind = metric(one.metric)
    if one.n < 0:
        yield f"has n {one.n}"
    if (one.unit, one.direction) != (kind.unit, kind.direction):
        yield f"is {one.unit.value}, {one.direction.value}, and the metric is {kind.unit.value}, {kind.direction.value}"
    if one.value is None:
        return
    for low, high in ((one.low, one.high), (one.lower, one.upper)):
        if (low is not None and one.value < low - _SAME) or (high is not None and one.value > high + _SAME):
            yield f"is {one.value:g}, outside of its own interval ({_end(low)} to {_end(high)})"
    if one.side == "drop" and one.paired is not None:
        pairs = one.paired.both + one.paired.base_only + one.paired.tuned_only + one.paired.neither
        if pairs != one.n:
            yield f"has n {one.n} and {pairs} pairs"
        counted = _counted(one)
        if pairs and counted is not None and abs(counted - (one.paired.base_only - one.paired.tuned_only) / pairs) > _SAME:
            yield f"is {counted:g}, and its pairs say {(one.paired.base_only - one.paired.tuned_only) / pairs:g}"


def _between(base: Measurement, by_key: dict[_Key, Measurement]) -> str | None:
    """Compare the two sides of one number with its drop."""
    tuned, drop = (by_key.get((base.metric, side, base.condition, base.group)) for side in ("tuned", "drop"))
    if tuned is None or base.value is None or tuned.value is None:
        return None
    if drop is None:
        return f"{_named(base)} and that of the tuned model are there, and the drop between them is not"
    if drop.value is None or not base.n == tuned.n == drop.n or any(one.correction is not None for one in (base, tuned, drop)):
        return None
    apart = base.value - tuned.value
    return None if abs(apart - drop.value) <= _SAME else f"{_named(drop)} is {drop.value:g}, and base minus tuned is {apart:g}"


def _counted(one: Measurement) -> float | None:
    """Return a value as it was counted; None where that is not kept beside the corrected one."""
    return one.value if one.correction is None else one.observed


def _named(one: Measurement) -> str:
    return f"{one.metric} ({one.side}, {one.condition}, {one.group})"


def _end(value: float | None) -> str:
    return "open" if value is None else f"{value:g}"
