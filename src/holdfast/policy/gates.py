"""What a policy file says: gates, each with its bar. The only place in Holdfast that holds a threshold."""

from __future__ import annotations

from enum import StrEnum
from math import isfinite
from typing import Literal

from holdfast.core import Direction, Phase, PolicyError, Side, Unit, Value, metric

__all__ = ["DecideOn", "Gate", "Policy"]


class DecideOn(StrEnum):
    """What of a measurement is held against the bar."""

    POINT = "point"
    """The value alone."""
    INTERVAL = "interval"
    """The two-sided interval: wholly inside passes, wholly outside fails, across is undecided."""
    NONINFERIORITY = "noninferiority"
    """The one-sided limit of a drop: within the margin passes, a confirmed loss that is not within it fails."""
    CONFIRMED = "confirmed"
    """Fails where a change beyond the bar has an adjusted p of at most alpha, passes where it has not."""
    ANYTIME = "anytime"
    """For runs that ask until it is settled: e-processes show a loss within the margin, or a loss."""
    ANYTIME_CONFIRMED = "anytime_confirmed"
    """For the same runs: fails where an e-process shows a loss, passes where none does."""


class Gate(Value, frozen=True, kw_only=True):
    """One condition for a release. Exactly one of `at_most` and `at_least` is set."""

    name: str
    metric: str
    side: Side = "run"
    condition: str = "default"
    """The name of a condition, or 'each' for every one that was measured."""
    group: str = "all"
    """A category, 'all', 'each' for every category that was measured, or 'any' for all of them and 'all'."""
    phase: Phase | None = None
    at_most: float | None = None
    at_least: float | None = None
    decide_on: DecideOn = DecideOn.POINT
    alpha: float = 0.05
    """One-sided error of a non-inferiority decision; bound on the adjusted p of a confirmed drop."""
    blocking: bool = True
    min_n: int = 0
    strict: bool = False
    """With --strict, a warning of this gate leaves the verdict undecided."""
    why: str = ""
    """Why the gate is there, for the report."""
    hint: str = ""
    """What to do where nothing was measured for it."""
    unmeasured: Literal["undecided", "warning", "left out"] = "undecided"
    """What it makes of a blocking gate that a number it reads was not measured: 'warning' is for what is asked on top of a
    comparison and cannot be asked of every model; the gate then decides on what was measured, and warns where nothing was. 'left out' is
    for a gate that only warns of what needs preparation: where nothing of its metric was asked for, the verdict does not name it."""

    def __post_init__(self) -> None:
        """Refuse a gate that cannot be judged; raises PolicyError."""
        kind = metric(self.metric)
        if (self.at_most is None) == (self.at_least is None):
            raise PolicyError(f"gate {self.name!r}: expected exactly one of at_most and at_least.")
        self._check_bar(kind.unit)
        if self.blocking:
            self._check_direction(kind.direction)
        if self.min_n < 0:
            raise PolicyError(f"gate {self.name!r}: min_n must be 0 or more, got {self.min_n}.")
        if self.unmeasured == "left out" and self.blocking:
            raise PolicyError(
                f"gate {self.name!r}: unmeasured 'left out' is for a gate that only warns; a gate that blocks never passes what was not "
                "measured. Set blocking: false, or another unmeasured."
            )
        if self.phase is not None and self.phase is not kind.phase:
            raise PolicyError(
                f"gate {self.name!r}: metric {self.metric!r} belongs to phase {kind.phase.value!r}, not {self.phase.value!r}."
            )
        if self.decide_on not in (DecideOn.POINT, DecideOn.INTERVAL, DecideOn.CONFIRMED) and self.side != "drop":
            raise PolicyError(f"gate {self.name!r}: decide_on {self.decide_on.value!r} needs side 'drop', got {self.side!r}.")
        if self.decide_on is DecideOn.ANYTIME and not 0 < abs(self.bar) < 1:
            raise PolicyError(f"gate {self.name!r}: decide_on 'anytime' needs a margin between 0 and 1, got {self.bar!r}.")
        if not 0 < self.alpha < 1:
            raise PolicyError(f"gate {self.name!r}: alpha must be between 0 and 1, got {self.alpha!r}.")

    def _check_bar(self, unit: Unit) -> None:
        """Refuse a bar that no value can be on the wrong side of: such a gate would never fail."""
        low, high = unit.limits
        if self.side == "drop":
            low, high = low - high, high - low
        if not (isfinite(self.bar) and low <= self.bar <= high):
            between = f"between {low:g} and {high:g}" if isfinite(high) else f"of at least {low:g}" if isfinite(low) else "that is finite"
            hint = ", so that 5 % is 0.05" if unit is Unit.FRACTION else ""
            raise PolicyError(f"gate {self.name!r}: expected a bar {between}{hint}, got {self.bar:g}.")

    def _check_direction(self, good: Direction) -> None:
        """Refuse a bar that lets bad values pass; a gate that only warns may look out for either side."""
        # A drop is base minus tuned: one of what should be high is a loss.
        high_is_good = (good is Direction.HIGHER_IS_BETTER) != (self.side == "drop")
        if good is Direction.NEITHER or high_is_good == (self.at_least is not None):
            return
        given, right = ("at_most", "at_least") if self.at_least is None else ("at_least", "at_most")
        what = f"a high {self.metric}" if good is Direction.HIGHER_IS_BETTER else f"a low {self.metric}"
        raise PolicyError(
            f"gate {self.name!r}: {what} is good, so with side {self.side!r} {given} lets the bad values pass. Write {right}, or "
            "blocking: false for a gate that looks out for the other side."
        )

    @property
    def bar(self) -> float:
        """The threshold."""
        return self.at_most if self.at_most is not None else self.at_least  # type: ignore[return-value]

    def keeps(self, value: float) -> bool:
        """Tell whether a number is on the good side of the bar, the bar included."""
        return value <= self.bar if self.at_most is not None else value >= self.bar


class Policy(Value, frozen=True, kw_only=True):
    """A named set of gates."""

    name: str
    version: int
    description: str
    gates: tuple[Gate, ...]

    def __post_init__(self) -> None:
        """Refuse a policy that would pass everything, or one that names a gate twice; raises PolicyError."""
        names = [gate.name for gate in self.gates]
        if not names:
            raise PolicyError(f"policy {self.name!r} has no gate: it would pass everything.")
        if not any(gate.blocking for gate in self.gates):
            raise PolicyError(f"policy {self.name!r} has no gate that blocks: it would pass everything. Let one block.")
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise PolicyError(f"policy {self.name!r} names gate {twice!r} twice.")
