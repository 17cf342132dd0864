"""What a waiver was given for: how its gate stood when a person looked, so that it never covers anything worse."""

from __future__ import annotations

import unicodedata
from math import isclose

from holdfast.core import Decision, GateResult, InputError, Measurement, Value

__all__ = ["Waived", "refuse_controls"]

_ROUNDING = 1e-9
"""Two numbers that differ by less, relatively or in all, are the same measurement."""
_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"


class Waived(Value, frozen=True, kw_only=True):
    """What the owner of a waiver saw: how a gate that did not pass stood."""

    decision: Decision
    base: str | None
    """Id of the model that the waived one was compared with; None where it was compared with none."""
    values: dict[str, float | None]
    """What was measured where the gate did not pass, by place ('default', 'identity/malware'); None where nothing was."""

    @classmethod
    def of(cls, gate: GateResult, base: str | None) -> Waived:
        """Return how a gate stands."""
        found = {one.condition if one.group == "all" else f"{one.condition}/{one.group}": one for one in gate.measurements}
        at_most = _has_ceiling(gate)
        return cls(
            decision=gate.decision,
            base=base,
            values={place: None if place not in found else _worst_known(found[place], at_most=at_most) for place in gate.failing},
        )

    def exceeded(self, gate: GateResult, base: str | None) -> str:
        """Return how a gate stands worse by now than what was seen, in a few words; '' where it does not."""
        now = Waived.of(gate, base)
        if now.base != self.base:
            return "it was given for a comparison with another base"
        if now.decision is not self.decision and now.decision is Decision.FAIL:
            return "the gate could not be decided then, and fails now"
        for place, value in now.values.items():
            if place not in self.values:
                return f"{place} passed then"
            seen = self.values[place]
            if value is None or seen is None:
                if value is not seen:
                    return f"{place} was {'not measured' if seen is None else 'measured'} then, and is {'not ' if value is None else ''}now"
            elif not isclose(value, seen, rel_tol=_ROUNDING, abs_tol=_ROUNDING) and (value > seen) == _has_ceiling(gate):
                return f"{place} was {seen:.4g} then, and is {value:.4g} now"
        return ""


def _worst_known(one: Measurement, *, at_most: bool) -> float | None:
    """Return a value; where it is missing, the bound on the side of the bar where the gate fails."""
    return one.value if one.value is not None else one.high if at_most else one.low


def _has_ceiling(gate: GateResult) -> bool:
    return gate.threshold.startswith("at most")


def refuse_controls(words: str, option: str) -> None:
    """Refuse words that would steer a terminal or break a line; raises InputError. Joiners are part of some scripts."""
    found = next((char for char in words if unicodedata.category(char) in _STEERING and char not in _JOINERS), None)
    if found is not None:
        raise InputError(f"{option}: expected words on one line, got the control character U+{ord(found):04X} in them. Leave it out.")
