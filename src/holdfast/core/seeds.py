"""The one rule for seeds: which numbers may be one, on the command line, in Python and in files alike."""

from __future__ import annotations

from holdfast.core.errors import InputError

__all__ = ["MOST_SEED", "check_seed"]

MOST_SEED = 2**63 - 1
"""The largest whole number that every database, generator of random numbers and file format here can hold."""


def check_seed(seed: int | None, name: str = "seed") -> None:
    """Refuse a seed that is not from 0 to `MOST_SEED`; None stands for one that is drawn. `name` says whose it is. Raises InputError."""
    if seed is not None and not 0 <= seed <= MOST_SEED:
        came = f"{seed}" if abs(seed) < 10 * MOST_SEED else "one of more digits"
        raise InputError(f"{name}: expected a number from 0 to {MOST_SEED}, got {came}.")
