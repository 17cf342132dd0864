"""The system prompts that a suite is asked under: the default, the obedient agent's, and those of the training data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from holdfast.core import Condition, Suite
from holdfast.core.conditions import DEFAULT, IDENTITY, IDENTITY_CONDITION
from holdfast.records import system_prompts

__all__ = ["conditions_of", "data_conditions"]


def conditions_of(suite: Suite, *, identity: bool, extra: Sequence[Condition]) -> tuple[Condition, ...]:
    """Return the conditions for a suite: its own where it has them, then those of the data that are new."""
    own = suite.conditions or (DEFAULT, IDENTITY)
    kept = [condition for condition in own if identity or condition.name != IDENTITY_CONDITION]
    known = {condition.system for condition in own}
    return (*kept, *(condition for condition in extra if condition.system not in known))


def data_conditions(path: Path, most: int) -> tuple[tuple[Condition, ...], str | None]:
    """Return a condition per distinct system prompt of a training file, and a sentence on those left out.

    The commonest come first. Rows without a system prompt are what the default condition stands for.
    """
    counts = system_prompts(path)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    conditions = tuple(
        Condition(name=f"data-{number}", system=system, origin=f"system prompt of {count} rows of the training data")
        for number, (system, count) in enumerate(ranked[:most], start=1)
    )
    left = ranked[most:]
    if not left:
        return conditions, None
    rows = sum(count for _, count in left)
    return conditions, f"{len(left)} rarer system prompts ({rows} rows) were left out; raise --max-system-prompts to ask under them"
