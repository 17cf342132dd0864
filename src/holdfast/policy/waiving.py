"""A waiver turns a gate that blocks into one that warns, and says who answers for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from holdfast.core import Decision, GateResult, Verdict

__all__ = ["Waiving", "waive"]


class Waiving(NamedTuple):
    """Who lets a model ship in spite of a gate, until when, and why."""

    owner: str
    until: date
    reason: str

    @property
    def by(self) -> str:
        """'Ada until 2030-01-31'."""
        return f"{self.owner} until {self.until}"


def waive(verdict: Verdict, waived: Mapping[str, Waiving]) -> Verdict:
    """Return a verdict in which the gates named in `waived` no longer block where they did not pass.

    Each such gate says who waived it, until when and why, and a verdict that passes by them says so itself: it is no plain pass. Gates
    that passed, and those that nobody waived, stay as they are; what a strict policy left undecided by a warning stays undecided.
    """
    gates = tuple(
        _waived(gate, waived[gate.gate]) if gate.gate in waived and gate.blocking and gate.decision is not Decision.PASS else gate
        for gate in verdict.gates
    )
    found = replace(verdict, gates=gates)
    if gates == verdict.gates:
        return verdict
    said = _said(found) if found.follows is Decision.PASS else msgspec.UNSET
    return replace(found, decision=found.follows, waived=said)


def _waived(gate: GateResult, by: Waiving) -> GateResult:
    return replace(gate, blocking=False, waived=by.by, why=f"waived by {by.by} ({by.reason}): {gate.why}")


def _said(verdict: Verdict) -> str:
    """Return whose waivers a verdict rests on: 'by waiver of Ada until 2030-01-31 (refusal_noninferior)'."""
    found: dict[str, list[str]] = {}
    for gate in verdict.gates:
        if gate.waived:
            found.setdefault(gate.waived, []).append(gate.gate)
    return "by waiver of " + " and of ".join(f"{by} ({', '.join(gates)})" for by, gates in found.items())
