"""The judgement of a policy over measurements."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

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


class Verdict(Value, frozen=True, kw_only=True):
    """The decision over a run, with one result per gate."""

    decision: Decision
    policy: str
    policy_digest: str
    strict: bool = False
    gates: tuple[GateResult, ...]
    schema: int = 1

    @property
    def warnings(self) -> tuple[GateResult, ...]:
        """Gates that did not pass and do not block."""
        return tuple(gate for gate in self.gates if not gate.blocking and gate.decision is not Decision.PASS)

    @property
    def blocking(self) -> tuple[GateResult, ...]:
        """Blocking gates that did not pass."""
        return tuple(gate for gate in self.gates if gate.blocking and gate.decision is not Decision.PASS)
