"""Safety shares: how they are written, how many rows they are, and what the literature reports of them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

from holdfast.core import InputError

__all__ = ["PUBLISHED", "apportion", "parse_share", "rows_to_add"]

PUBLISHED = (
    ("0 %", "significant loss", "none: best for the task"),
    ("1-5 %", "moderate loss", "near-best for the task"),
    ("10-20 %", "minimal loss", "slight"),
    ("30 % and more", "kept or improved", "noticeable"),
)
"""Safety share of the rows, what happens to safety, what it costs on the task: the source material's table."""

Key = TypeVar("Key", bound=Hashable)


def parse_share(text: str) -> float:
    """Return a share, 0 to below 1, from '3%', '3 %' or '0.03'; raises InputError for anything else.

    >>> parse_share("3%"), parse_share("0.03")
    (0.03, 0.03)
    """
    number, percent, rest = text.strip().partition("%")
    try:
        share = float(number) / (100 if percent else 1)
    except ValueError:
        share = -1.0
    if rest.strip() or not 0 <= share < 1:
        hint = f" Did you mean {number.strip()}%?" if not percent and 1 <= share < 100 else ""
        raise InputError(f"--share must lie from 0 % to below 100 %, such as 3% or 0.03, got {text!r}.{hint}")
    return share


def rows_to_add(rows: int, share: float) -> int:
    """Return how many rows to add to `rows` so that they are `share` of all rows afterwards, to the nearest row.

    >>> rows_to_add(970, 0.03), rows_to_add(100, 0.5)
    (30, 100)
    """
    if not 0 <= share < 1:
        raise InputError(f"the share must lie from 0 to below 1, got {share}.")
    return round(rows * share / (1 - share))


def apportion(total: int, weights: Mapping[Key, float]) -> dict[Key, int]:
    """Divide `total` by weight into whole numbers that sum to it (largest remainders; a tie goes to the first key).

    >>> apportion(10, {"a": 2, "b": 1})
    {'a': 7, 'b': 3}
    """
    whole = sum(weights.values())
    if not weights or whole <= 0:
        raise InputError("nothing to divide the rows among: every weight is 0.")
    exact = {key: total * weight / whole for key, weight in weights.items()}
    parts = {key: int(value) for key, value in exact.items()}
    order = sorted(exact, key=lambda key: parts[key] - exact[key])
    for key in order[: total - sum(parts.values())]:
        parts[key] += 1
    return parts
