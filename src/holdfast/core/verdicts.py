"""The judgement of a policy over measurements."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from holdfast.core.errors import InputError
from holdfast.core.exits import ExitCode
from holdfast.core.measurements import Measurement
from holdfast.core.struct import Value

__all__ = ["Decision", "GateResult", "Verdict", "worst"]


class Decision(StrEnum):
    """PASS, FAIL or UNDECIDED. FAIL beats UNDECIDED beats PASS."""

    PASS = "pass"
    FAIL = "fail"
    UNDECIDED = "undecided"

    @property
    def exit_code(self) -> ExitCode:
        """What a command that ends with this decision returns to the shell."""
        return {Decision.PASS: ExitCode.PASS, Decision.FAIL: ExitCode.FAIL, Decision.UNDECIDED: ExitCode.UNDECIDED}[self]


def worst(decisions: Iterable[Decision]) -> Decision:
    """Return the gravest of some decisions; PASS where there are none."""
    order = [Decision.PASS, Decision.UNDECIDED, Decision.FAIL]
    return max(decisions, key=order.index, default=Decision.PASS)


class GateResult(Value, frozen=True, kw_only=True):
    """What one gate said. A gate that is not blocking can only warn."""

    gate: str
    metric: str
    decision: Decision
    blocking: bool
    strict: bool = False
    """It does not block, and what it warns of leaves the verdict undecided all the same."""
    threshold: str
    """The bar in words, for example 'at most 0.10'."""
    why: str
    """The sentence that says why, for people."""
    failing: tuple[str, ...] = ()
    """Which conditions and categories did not pass, for example 'default/malware'."""
    measurements: tuple[Measurement, ...] = ()
    waived: str | msgspec.UnsetType = msgspec.UNSET
    """Who lets the model ship in spite of it and until when ('Ada until 2030-01-31'), where a waiver made a blocking gate warn."""


class Verdict(Value, frozen=True, kw_only=True):
    """The decision over a run, with one result per gate."""

    decision: Decision
    policy: str
    policy_digest: str
    strict: bool = False
    gates: tuple[GateResult, ...]
    waived: str | msgspec.UnsetType = msgspec.UNSET
    """Where it passes by waivers and not by its gates alone: by whose, until when and over which gates."""
    schema: int = 1

    @property
    def warnings(self) -> tuple[GateResult, ...]:
        """Gates that did not pass and do not block."""
        return tuple(gate for gate in self.gates if not gate.blocking and gate.decision is not Decision.PASS)

    @property
    def blocking(self) -> tuple[GateResult, ...]:
        """Blocking gates that did not pass."""
        return tuple(gate for gate in self.gates if gate.blocking and gate.decision is not Decision.PASS)

    @property
    def follows(self) -> Decision:
        """What the gates come to: the gravest of those that block; UNDECIDED where a strict one warns, or nothing blocks or was waived."""
        decisions = [gate.decision for gate in self.gates if gate.blocking]
        warned = any(gate.strict and gate.decision is not Decision.PASS for gate in self.gates)
        nothing = not decisions and not any(gate.waived for gate in self.gates)
        return worst([*decisions, *([Decision.UNDECIDED] if warned or nothing else [])])

    def checked(self, where: object) -> Verdict:
        """Return this verdict, read from `where`; raises InputError where its decision is not what its gates come to.

        UNDECIDED is believed over gates that passed: a run of several stages says so where one of them decided nothing.
        """
        if self.decision is self.follows or (self.decision is Decision.UNDECIDED and self.follows is Decision.PASS):
            return self
        named = [gate.gate for gate in self.gates if gate.blocking and gate.decision is self.follows]
        raise InputError(
            f"{where}: says {self.decision.value!r} and its gates come to {self.follows.value!r}{f' ({named[0]})' if named else ''}, "
            f"so it was changed. Judge the run again: holdfast gate RUN --policy {self.policy if self.policy.isprintable() else 'NAME'}."
        )
