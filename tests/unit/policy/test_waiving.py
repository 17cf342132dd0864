"""A waived gate warns; everything else blocks as before."""

from __future__ import annotations

from holdfast.core import Decision, GateResult, Verdict
from holdfast.policy import waive


def _gate(name: str, decision: Decision, *, blocking: bool = True, strict: bool = False) -> GateResult:
    return GateResult(
        gate=name, metric="refusal_rate", decision=decision, blocking=blocking, strict=strict, threshold="at most 0.1", why="It fell."
    )


def _verdict(*gates: GateResult, decision: Decision, strict: bool = False) -> Verdict:
    return Verdict(decision=decision, policy="compare", policy_digest="0", strict=strict, gates=gates)


def test_a_waived_failure_warns_and_says_by_whom() -> None:
    found = waive(_verdict(_gate("a", Decision.FAIL), _gate("b", Decision.PASS), decision=Decision.FAIL), {"a": "waived by Ada:"})
    assert found.decision is Decision.PASS
    assert [gate.gate for gate in found.warnings] == ["a"]
    assert found.gates[0].why == "waived by Ada: It fell."


def test_another_gate_still_blocks() -> None:
    given = _verdict(_gate("a", Decision.FAIL), _gate("b", Decision.UNDECIDED), decision=Decision.FAIL)
    assert waive(given, {"a": "waived:"}).decision is Decision.UNDECIDED
    assert waive(given, {"c": "waived:"}) == given


def test_a_gate_that_passed_is_left_alone() -> None:
    given = _verdict(_gate("a", Decision.PASS), decision=Decision.PASS)
    assert waive(given, {"a": "waived:"}) == given


def test_what_strictness_left_undecided_stays_so() -> None:
    warning = _gate("a", Decision.UNDECIDED, blocking=False, strict=True)
    strict = _verdict(warning, decision=Decision.UNDECIDED, strict=True)
    assert waive(strict, {"a": "waived:"}).decision is Decision.UNDECIDED
    for kind in (Decision.FAIL, Decision.UNDECIDED):
        beside = _verdict(warning, _gate("b", kind), decision=kind, strict=True)
        assert waive(beside, {"b": "waived:"}).decision is Decision.UNDECIDED
