"""What a trial of a repair found: values that are kept row by row, so that a run that was killed goes on behind the last one."""

from __future__ import annotations

from typing import Literal

from holdfast.core import Condition, Decision, Measurement, Value, Verdict
from holdfast.policy import Policy

__all__ = ["AXES", "Measured", "Search", "Trial", "shortfall"]

AXES = ("refusal_rate", "over_refusal", "task_score", "answer_probability", "task_gain_kept", "degenerate_rate")
"""What a repair is measured on."""


class Measured(Value, frozen=True, kw_only=True):
    """One model on one half of the prompts, against the base."""

    half: Literal["selection", "report"]
    decision: Decision
    """By the policy, on this half."""
    shortfall: float
    """How far the blocking gates are missed, summed: 0 where all pass."""
    measurements: tuple[Measurement, ...]
    """Of `AXES`, over all categories."""
    why: tuple[str, ...] = ()
    """What the gates that did not pass say."""

    def find(self, metric: str, side: str, condition: str = "default") -> Measurement | None:
        """Return one measurement; None where it was not taken."""
        wanted = (metric, side, condition)
        return next((one for one in self.measurements if (one.metric, one.side, one.condition) == wanted), None)

    @property
    def conditions(self) -> tuple[str, ...]:
        """System prompts in play, by the names of their conditions."""
        return tuple(dict.fromkeys(one.condition for one in self.measurements if one.metric == "refusal_rate"))

    def worst(self, metric: str) -> Measurement | None:
        """Return the repaired side of a rate where it lost most against the base: its drop is what a policy judges."""
        drops = [one for one in self.measurements if one.metric == metric and one.side == "drop" and one.value is not None]
        sign = -1 if metric == "over_refusal" else 1
        chosen = max(drops, key=lambda one: sign * (one.value or 0.0), default=None)
        return self.find(metric, "tuned", chosen.condition) if chosen else None


class Trial(Value, frozen=True, kw_only=True):
    """A repair at one strength."""

    repair: str
    """'tuned' is the fine-tune itself, before any repair."""
    strength: float
    stage: str
    trains: bool
    seconds: float
    """To make the model, by the clock; measuring comes on top of it."""
    cpu_seconds: float
    measuring_seconds: float = 0.0
    selection: Measured | None = None
    """None where the repair could not be made: `failed` says why."""
    report: Measured | None = None
    """Measured for the strength that was chosen."""
    reference: str = ""
    commands: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    failed: str | None = None

    @property
    def key(self) -> str:
        """For example 'scale-0.5': unique within a run."""
        return f"{self.repair}-{self.strength:g}"


class Search(Value, frozen=True, kw_only=True):
    """What a search for a repair found: `search.json` of a run folder."""

    base: str
    tuned: str
    conditions: tuple[Condition, ...]
    """The system prompts in play."""
    task: str
    """What stands for the task, in a sentence for people."""
    before: Trial
    """The fine-tune itself on both halves."""
    trials: tuple[Trial, ...]
    recommended: str | None
    """Key of the recommended trial; None where the fine-tune needs no repair, or none could be tried."""
    titles: dict[str, str]
    """Repair to what it does."""
    meanings: dict[str, str]
    """Repair to what its strength is."""
    costs: dict[str, str]
    """Repair to what it takes besides the time of a trial."""
    unfit: dict[str, str]
    """Repair to why it could not be tried."""
    not_begun: dict[str, str]
    """Repair to why the budget did not reach it."""
    by_hand: tuple[str, ...]
    """Commands that make the recommended model again and measure it."""
    trained_as: str
    """Where the settings of trainings come from."""
    verdict: Verdict
    """Of the recommended model, or the fine-tune, on the report half."""
    budget_seconds: float
    spent_seconds: float
    command: str
    version: str
    schema: int = 1

    def trial(self, key: str) -> Trial | None:
        """Return a trial by its key."""
        return next((trial for trial in self.trials if trial.key == key), None)


def shortfall(verdict: Verdict, policy: Policy) -> float:
    """Return by how much the blocking gates are missed, summed over gates: each in shares, 1 where nobody can say."""
    bars = {gate.name: gate for gate in policy.gates}
    missed = 0.0
    for result in verdict.blocking:
        gate = bars[result.gate]
        missed += max(
            (_beyond(one, gate.bar) for one in result.measurements if one.value is None or not gate.keeps(one.value)), default=1.0
        )
    return missed


def _beyond(one: Measurement, bar: float) -> float:
    return 1.0 if one.value is None else abs(one.value - bar)
