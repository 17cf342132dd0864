"""The five phases of a model's life and what threatens each."""

from __future__ import annotations

from functools import cache
from typing import Literal

from holdfast.core import Value
from holdfast.plan.reading import shipped

__all__ = ["RISKS", "Decision", "Defence", "Layer", "Level", "Phase", "PhaseBook", "Rated", "comparison", "heat", "phases"]

Level = Literal["not applicable", "very low", "low", "medium", "moderate", "high", "very high", "critical"]
_HEAT: dict[str, int] = {
    "not applicable": 0,
    "very low": 1,
    "low": 2,
    "medium": 3,
    "moderate": 3,
    "high": 4,
    "very high": 5,
    "critical": 6,
}

RISKS = ("poisoning_impact", "supply_chain", "alignment", "memorization")
"""The columns that the article compares across phases."""


class Rated(Value, frozen=True, kw_only=True):
    """A level with the few words that say why."""

    level: Level
    note: str

    @property
    def text(self) -> str:
        """The cell as the article has it: 'high (needs density in a massive corpus)'."""
        return f"{self.level} ({self.note})"


class Phase(Value, frozen=True, kw_only=True):
    """One phase, column by column."""

    name: str
    data_scale: str
    duration: str
    poisoning_difficulty: Rated
    """How hard it is to poison: here a low level is the worse one."""
    poisoning_impact: Rated
    supply_chain: Rated
    insider: Rated
    alignment: Rated
    """Risk that the phase takes alignment away, or that what it builds is misused."""
    memorization: Rated
    defences: tuple[str, ...]


class Decision(Value, frozen=True, kw_only=True):
    """A decision point, and what is recommended for each of the two kinds of training."""

    decision: str
    pre_training: str
    fine_tuning: str
    command: str = ""
    """The command that does it for a fine-tune, where there is one."""


class Defence(Value, frozen=True, kw_only=True):
    """A defence of pre-training data."""

    defence: str
    what: str


class Layer(Value, frozen=True, kw_only=True):
    """One layer of defence around a fine-tune: what it stops and what gets through it."""

    when: str
    defence: str
    against: str
    blind: str
    command: str


class PhaseBook(Value, frozen=True, kw_only=True):
    """What `phases.yaml` holds."""

    title: str
    source: str
    phases: tuple[Phase, ...]
    decisions: tuple[Decision, ...]
    pre_training_defences: tuple[Defence, ...]
    layers: tuple[Layer, ...]


@cache
def phases() -> PhaseBook:
    """Return the phases, decision points and defences that ship."""
    return shipped("phases", PhaseBook)


def comparison(book: PhaseBook) -> dict[str, tuple[Level, ...]]:
    """Return, per risk of `RISKS`, its level in each phase, in the phases' order."""
    return {risk: tuple(getattr(phase, risk).level for phase in book.phases) for risk in RISKS}


def heat(level: Level, *, easier_is_worse: bool = False) -> int:
    """Return how grave a level is, 0 (not applicable) to 6 (critical); `easier_is_worse` turns it round, for a difficulty."""
    value = _HEAT[level]
    return 7 - value if easier_is_worse and value else value
