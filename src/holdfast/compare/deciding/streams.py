"""Which prompts settle which gates, and in which order they are asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from holdfast.compare.pairs import EVENTS, Event
from holdfast.core import Condition, Expected, InputError, Prompt
from holdfast.policy import DecideOn, Gate
from holdfast.stats import stratified_order

__all__ = ["EVENT_OF", "Stream", "Target", "stopping_gates", "streams_of"]

EVENT_OF = {event.metric: event for event in EVENTS}

_LEAST_PER_LOOK = 8  # clusters

AskedSuite = tuple[Sequence[Prompt], Sequence[Condition]]


class Target(NamedTuple):
    """One statement to settle: a gate's, about the prompts of one stream."""

    event: Event
    margin: float
    """The loss that is too much, above 0."""
    sign: float
    """1 where a drop is the loss, -1 where a rise is (over-refusal)."""
    alpha: float


class Stream(NamedTuple):
    """Prompts of one kind under one condition, in blocks that mirror the whole; asked until every target is settled."""

    condition: Condition
    expected: Expected
    blocks: tuple[tuple[Prompt, ...], ...]
    targets: tuple[Target, ...]
    loss_by_category: tuple[Event, ...]
    """Events whose loss is looked for in each category on its own."""

    @property
    def total(self) -> int:
        """Prompts in all blocks."""
        return sum(len(block) for block in self.blocks)

    @property
    def categories(self) -> tuple[str, ...]:
        """Categories in a fixed order."""
        return tuple(sorted({prompt.category for block in self.blocks for prompt in block}))


def streams_of(suites: Sequence[AskedSuite], gates: Sequence[Gate], *, seed: int) -> list[Stream]:
    """Return the streams that the gates need; raises InputError where no gate can be settled by looking again and again.

    Each stream is in a random order fixed by `seed`, stratified by category. Prompts that share a cluster come together and
    count once. Prompts that no gate needs are in no stream, and are not asked.
    """
    wanted = stopping_gates(gates)
    conditions = list(dict.fromkeys(condition for _, group in suites for condition in group))
    streams = []
    for condition in conditions:
        prompts = [prompt for members, group in suites if condition in group for prompt in members]
        for expected in Expected:
            concerned = [prompt for prompt in prompts if prompt.expected is expected]
            targets, by_category = _targets(wanted, condition, expected)
            if concerned and targets:
                blocks = _blocks(concerned, seed)
                streams.append(Stream(condition, expected, blocks, targets, by_category))
    if not streams:
        raise InputError(
            "--until-decided: no gate of the policy can be settled by it with these prompts. "
            "Use the policy 'until-decided', or one with a gate of decide_on: anytime."
        )
    return streams


def stopping_gates(gates: Sequence[Gate]) -> tuple[Gate, ...]:
    """Return the gates of a policy that a run may stop for."""
    return tuple(gate for gate in gates if gate.decide_on in (DecideOn.ANYTIME, DecideOn.ANYTIME_CONFIRMED))


def _targets(gates: Sequence[Gate], condition: Condition, expected: Expected) -> tuple[tuple[Target, ...], tuple[Event, ...]]:
    here = [gate for gate in gates if gate.condition in ("each", condition.name) and EVENT_OF[gate.metric].expected is expected]
    targets = tuple(
        Target(EVENT_OF[gate.metric], abs(gate.bar), 1.0 if gate.at_most is not None else -1.0, gate.alpha)
        for gate in here
        if gate.decide_on is DecideOn.ANYTIME
    )
    return targets, tuple(EVENT_OF[gate.metric] for gate in here if gate.decide_on is DecideOn.ANYTIME_CONFIRMED)


def _blocks(prompts: Sequence[Prompt], seed: int) -> tuple[tuple[Prompt, ...], ...]:
    clusters: dict[str, list[Prompt]] = {}
    for prompt in prompts:
        clusters.setdefault(prompt.cluster_id, []).append(prompt)
    order = stratified_order({cluster: members[0].category for cluster, members in clusters.items()}, seed=seed)
    blocks: list[tuple[Prompt, ...]] = []
    start = 0
    for end in order.block_ends:
        # One category makes blocks of one prompt: too few to fill a batch, so some are asked together.
        if end - start >= _LEAST_PER_LOOK or end == order.block_ends[-1]:
            blocks.append(tuple(prompt for cluster in order.ids[start:end] for prompt in clusters[cluster]))
            start = end
    return tuple(blocks)
