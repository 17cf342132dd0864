"""Edit distance (Levenshtein 1966), cut off where it is no longer of interest."""

from __future__ import annotations

__all__ = ["edit_distance"]


def edit_distance(one: str, other: str, *, most: int | None = None) -> int:
    """Return how many characters must be inserted, deleted or replaced; `most` + 1 as soon as it is known to be more.

    >>> edit_distance("kitten", "sitting"), edit_distance("abc", "xyz", most=1)
    (3, 2)
    """
    limit = max(len(one), len(other)) if most is None else most
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before = list(range(len(other) + 1))
    for row, first in enumerate(one, 1):
        now = [row]
        for column, second in enumerate(other, 1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (first != second)))
        if min(now) > limit:
            return limit + 1
        before = now
    return min(before[-1], limit + 1)
