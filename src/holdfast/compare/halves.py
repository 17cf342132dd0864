"""One half to choose on and the other to report on: prompts of one family never stand in both.

A strength that was chosen on some prompts looks better on them than it is (selection bias; methods.md 4.4), so a repair is chosen
on the selection half and reported on the other.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Literal, TypeVar

from holdfast.core import Prompt, Suite, digest

__all__ = ["HALVES", "Half", "family_of", "half_of", "prompts_of_half"]

Half = Literal["selection", "report"]
HALVES: tuple[Half, ...] = ("selection", "report")

Item = TypeVar("Item")


def half_of(
    items: Sequence[Item], half: Half | None, *, family: Callable[[Item], str], stratum: Callable[[Item], Hashable], seed: int
) -> tuple[Item, ...]:
    """Return the items of one half in their order; all of them where `half` is None.

    Within each stratum the families are put in an order by a digest of the seed and dealt out in turn; over the strata the first card
    goes to either half in turn too, so that a hundred strata of one family do not all fall to one side. A family that occurs in several
    strata goes where its first stratum put it.
    """
    if half is None:
        return tuple(items)
    dealt: dict[str, Half] = {}
    turn = 0
    for group in dict.fromkeys(stratum(item) for item in items):
        families = dict.fromkeys(family(item) for item in items if stratum(item) == group)
        for name in sorted(families, key=lambda name: digest([seed, "half", name])):
            if name not in dealt:
                dealt[name] = HALVES[turn % 2]
                turn += 1
    return tuple(item for item in items if dealt[family(item)] == half)


def prompts_of_half(suite: Suite, prompts: Sequence[Prompt], half: Half | None, seed: int) -> tuple[Prompt, ...]:
    """Return the prompts of one half, as many of each category and expectation in either as can be."""
    return half_of(
        prompts, half, family=lambda prompt: family_of(suite, prompt), stratum=lambda prompt: (prompt.category, prompt.expected), seed=seed
    )


def family_of(suite: Suite, prompt: Prompt) -> str:
    """Return what stands for the prompts that are told too much by each other: the cluster, or what the suite says makes a family."""
    named = [prompt.metadata.get(name, "") for name in suite.families]
    return "/".join(named) if any(named) else prompt.cluster_id
