"""Looking inside two models: what an engine that holds its weights can say beside answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from holdfast.core import Message, Value
from holdfast.plugins.models import Engine, GenerationRequest

__all__ = ["InsideFacts", "InsideRequest", "LayerDrift", "LooksInside", "RowPull", "RowPulls", "WeighsRows"]


class InsideRequest(Value, frozen=True, kw_only=True):
    """A request with the base's own answer to it."""

    request: GenerationRequest
    answer: str


class LayerDrift(Value, frozen=True, kw_only=True):
    """The refusal direction after one block. Gaps are d': a difference of means in pooled standard deviations."""

    layer: int
    """Blocks that the activations have passed, from 1."""
    cosine: float
    """Of the base's direction and the tuned model's."""
    cosine_floor: float
    """5th percentile of the cosine of the base's direction from one half of the prompts and from the other."""
    cosine_random: float
    """95th percentile of the absolute cosine of the base's direction and a random one."""
    gap_base: float
    gap_tuned: float
    """Along the base's direction."""
    gap_own: float
    """Of the tuned model along its own direction."""
    gap_floor: float
    """95th percentile of the absolute difference of the base's gap between halves of the prompts."""
    gap_random: float
    """95th percentile of the absolute change of the gap along a random direction."""
    random_p: float
    """Share of random directions along which the gap changed at least as much."""

    @property
    def inside(self) -> bool:
        """Whether neither the direction nor the gap changed by more than two halves of the prompts differ on the base."""
        return self.cosine >= self.cosine_floor and abs(self.gap_tuned - self.gap_base) <= self.gap_floor


class InsideFacts(Value, frozen=True, kw_only=True):
    """What activations, first tokens and weights show of a pair of models."""

    layers: tuple[LayerDrift, ...]
    kl_refuse: tuple[float, ...]
    """KL(tuned || base) in nats at each of the first tokens of the base's own refusals; empty where it refused too little."""
    kl_benign: tuple[float, ...]
    """The same at its answers to benign requests."""
    updates: dict[str, float]
    """Norm of the change over the norm of the weights, per part of the network."""
    updates_reason: str = ""
    """Why `updates` is empty."""


@runtime_checkable
class LooksInside(Protocol):
    """What an engine that runs its model in this process can do besides."""

    def look_inside(
        self, tuned: Engine, refuse: Sequence[InsideRequest], benign: Sequence[InsideRequest], *, randoms: int, splits: int, seed: int
    ) -> InsideFacts | None:
        """Compare the insides of this model, as the base, and `tuned`; None where `tuned` cannot be looked into.

        Raises ModelError where the two models differ in shape.
        """
        ...


class RowPull(Value, frozen=True, kw_only=True):
    """What one training row does, in nats per token of its answer; None with a `reason` where it could not be read."""

    pull: float | None
    """How much less likely the answer becomes when the base is moved a small step towards its own refusals. High: learning the row undoes
    such a step."""
    learned: float | None = None
    """How much likelier the tuned model gives the answer than the base; None without a tuned model."""
    tokens: int = 0
    """Tokens of the answer that were read."""
    reason: str = ""


class RowPulls(Value, frozen=True, kw_only=True):
    """One `RowPull` per row, in order, and the step that they were measured with."""

    rows: tuple[RowPull, ...]
    step: float
    """Length of the step over the norm of the weights."""
    cost: float
    """Nats per token that the step costs the base's own harmless answers."""


@runtime_checkable
class WeighsRows(Protocol):
    """What an engine that runs its model in this process, and can take a gradient there, can do besides."""

    def row_pulls(
        self, tuned: Engine | None, rows: Sequence[tuple[Message, ...]], refuse: Sequence[InsideRequest], benign: Sequence[InsideRequest]
    ) -> RowPulls | None:
        """Weigh training rows by what they do to this model, as the base; None where `tuned` cannot be read in this process."""
        ...
