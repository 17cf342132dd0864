"""Numbers with their uncertainty: the only thing a policy may judge and a report may print."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from holdfast.core.metrics import Direction, Phase, Unit, metric
from holdfast.core.struct import Value

__all__ = ["Anytime", "Design", "Measurement", "PairedCounts", "Side"]

Side = Literal["base", "tuned", "drop", "run"]


class Design(StrEnum):
    """How the sample size came about; a fixed-n interval is not valid for a run that stopped early."""

    FIXED_N = "fixed_n"
    STOPPED_EARLY = "stopped_early"


class PairedCounts(Value, frozen=True, kw_only=True):
    """A 2x2 table of one yes/no event (for example 'refused') on the same prompts, for base and tuned."""

    both: int
    base_only: int
    tuned_only: int
    neither: int

    @property
    def n(self) -> int:
        """Number of pairs."""
        return self.both + self.base_only + self.tuned_only + self.neither

    @property
    def discordant(self) -> int:
        """Pairs in which exactly one side shows the event."""
        return self.base_only + self.tuned_only

    @property
    def drop(self) -> float:
        """Share on the base minus share on the tuned model, -1 to 1; raises ZeroDivisionError without pairs."""
        return (self.base_only - self.tuned_only) / self.n


class Anytime(Value, frozen=True, kw_only=True):
    """What e-processes say of a drop in a run that may stop at any look: natural logs, valid whenever one looks.

    Each passes log(1 / alpha) with a chance of at most alpha while its null hypothesis holds (Ville's inequality).
    """

    margin: float | None
    """The loss that non-inferiority was tested against, above 0; None where only a loss was looked for."""
    log_e_degraded: float
    log_e_noninferior: float | None
    family: int
    """Statements of a loss that share one error: each must reach log(family / alpha)."""
    calibration_alpha: float = 0.0
    """The part of alpha that is spent on not knowing the judge's errors exactly."""
    decided: bool = False
    """Whether asking stopped because this was settled."""


class Measurement(Value, frozen=True, kw_only=True):
    """One number, or the reason why there is none.

    `side` 'drop' is base minus tuned, so a positive drop of a rate that should be high is a loss.
    A value of None with `low` or `high` set is a bound: the number was not measured, yet must lie there.
    """

    metric: str
    side: Side = "run"
    condition: str = "default"
    group: str = "all"
    """A category, or 'all'."""
    phase: Phase
    value: float | None
    reason: str | None = None
    """Why `value` is None, in a sentence for people."""
    unit: Unit
    direction: Direction
    n: int
    """What was counted, after exclusions: prompts, pairs, rows."""
    low: float | None = None
    high: float | None = None
    confidence: float = 0.95
    """Two-sided confidence of `low` and `high`."""
    lower: float | None = None
    upper: float | None = None
    one_sided: float = 0.95
    """One-sided confidence of `lower` and of `upper`, each on its own."""
    method: str = ""
    design: Design = Design.FIXED_N
    paired: PairedCounts | None = None
    p: float | None = None
    p_adjusted: float | None = None
    adjustment: str | None = None
    detectable: float | None = None
    """The smallest change that this n could have confirmed, in the unit of `value`."""
    required_n: int | None = None
    """How many prompts it would take to confirm a change of this size."""
    judge: str | None = None
    observed: float | None = None
    """The number as the judge counted it, where `value` is corrected for the judge's errors."""
    correction: str | None = None
    """How it was corrected, and from which labels."""
    doubt: str | None = None
    """Why no gate may rest on it, whatever it is: the judge's errors are not known here, or too large."""
    anytime: Anytime | None = None
    """Set for drops of a run that could stop early."""
    may_gate: bool = True
    """False where it comes from a replication judge, which no policy may decide on."""
    sources: tuple[str, ...] = ()
    """What it was computed from: evidence files, digests."""
    note: str | None = None

    @classmethod
    def of(cls, name: str, value: float, *, n: int, **fields: Any) -> Measurement:
        """Return a measurement of a known metric; unit, direction and phase come from its definition."""
        kind = metric(name)
        defaults: dict[str, Any] = {"unit": kind.unit, "direction": kind.direction, "phase": kind.phase}
        return cls(metric=name, value=value, n=n, **{**defaults, **fields})

    @classmethod
    def missing(cls, name: str, reason: str, *, n: int = 0, **fields: Any) -> Measurement:
        """Return the statement that a known metric was not measured, and why."""
        kind = metric(name)
        defaults: dict[str, Any] = {"unit": kind.unit, "direction": kind.direction, "phase": kind.phase}
        return cls(metric=name, value=None, reason=reason, n=n, **{**defaults, **fields})

    @property
    def key(self) -> tuple[str, str, str, str]:
        """(metric, side, condition, group): unique within a run."""
        return (self.metric, self.side, self.condition, self.group)
