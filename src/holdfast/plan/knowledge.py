"""What is known of how fine-tuning takes safety away: the tables behind `plan why` and behind advice."""

from __future__ import annotations

from functools import cache

from holdfast.core import Value
from holdfast.plan.reading import shipped

__all__ = ["AttackSet", "Case", "Composition", "Contrast", "Intent", "Knowledge", "KnownDefence", "Reason", "ShareBand", "knowledge"]


class Case(Value, frozen=True, kw_only=True):
    """A published case."""

    study: str
    rows: str
    model: str
    cost: str
    result: str


class Reason(Value, frozen=True, kw_only=True):
    """A reason why few rows are enough."""

    reason: str
    what: str


class Contrast(Value, frozen=True, kw_only=True):
    """One aspect in which safety differs from capability."""

    aspect: str
    capability: str
    safety: str


class AttackSet(Value, frozen=True, kw_only=True):
    """A kind of set made to remove refusals, and how many rows it takes."""

    name: str
    what: str
    rows: str


class Intent(Value, frozen=True, kw_only=True):
    """What people who fine-tune have in mind, from none to the worst."""

    intent: str
    what: str
    frequency: str


class Composition(Value, frozen=True, kw_only=True):
    """What the composition of a set signals to the model."""

    composition: str
    effect: str


class ShareBand(Value, frozen=True, kw_only=True):
    """What is reported at a share of safety rows."""

    share: str
    least: float
    most: float
    safety: str
    task: str


class KnownDefence(Value, frozen=True, kw_only=True):
    """A defence that the reviews discuss, and where it ends."""

    defence: str
    limit: str


class Knowledge(Value, frozen=True, kw_only=True):
    """What `knowledge.yaml` holds."""

    title: str
    source: str
    cases: tuple[Case, ...]
    few_rows: tuple[Reason, ...]
    fragile: tuple[Contrast, ...]
    forgetting: tuple[str, ...]
    attack_sets: tuple[AttackSet, ...]
    intents: tuple[Intent, ...]
    composition: tuple[Composition, ...]
    safety_shares: tuple[ShareBand, ...]
    defences: tuple[KnownDefence, ...]


@cache
def knowledge() -> Knowledge:
    """Return what ships."""
    return shipped("knowledge", Knowledge)
