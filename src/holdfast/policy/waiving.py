"""A waiver turns a gate that blocks into one that warns, and says who answers for it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from holdfast.core import Decision, Verdict, worst

__all__ = ["waive"]


def waive(verdict: Verdict, waived: Mapping[str, str]) -> Verdict:
    """Return a verdict in which the gates named in `waived` no longer block where they did not pass.

    `waived` gives for each gate the sentence that the report puts in front: who waived it, until when, and why. Gates that passed, and
    those that nobody waived, stay as they are; what a strict policy left undecided by a warning stays undecided.
    """
    gates = tuple(
        replace(gate, blocking=False, why=f"{waived[gate.gate]} {gate.why}")
        if gate.gate in waived and gate.blocking and gate.decision is not Decision.PASS
        else gate
        for gate in verdict.gates
    )
    decisions = [gate.decision for gate in gates if gate.blocking]
    left_undecided = any(gate.strict and gate.decision is not Decision.PASS for gate in gates)
    return replace(verdict, gates=gates, decision=worst([*decisions, *([Decision.UNDECIDED] if left_undecided else [])]))
