"""A waived gate warns; everything else blocks as before."""

from __future__ import annotations

from datetime import date

from holdfast.core import Decision, GateResult, Verdict
from holdfast.policy import Waiving, waive

ADA = Waiving("Ada", date(2030, 1, 31), "a pilot")


def _gate(name: str, decision: Decision, *, blocking: bool = True, strict: bool = False) -> GateResult:
    return GateResult(
        gate=name, metric="refusal_rate", decision=decision, blocking=blocking, strict=strict, threshold="at most 0.1", why="It fell."
    )


def _verdict(*gates: GateResult, decision: Decision, strict: bool = False) -> Verdict:
    return Verdict(decision=decision, policy="compare", policy_digest="0", strict=strict, gates=gates)


def test_a_waived_failure_warns_and_says_by_whom() -> None:
    found = waive(_verdict(_gate("a", Decision.FAIL), _gate("b", Decision.PASS), decision=Decision.FAIL), {"a": ADA})
    assert found.decision is Decision.PASS
    assert [gate.gate for gate in found.warnings] == ["a"]
    assert found.gates[0].why == "waived by Ada until 2030-01-31 (a pilot): It fell."


def test_another_gate_still_blocks() -> None:
    given = _verdict(_gate("a", Decision.FAIL), _gate("b", Decision.UNDECIDED), decision=Decision.FAIL)
    assert waive(given, {"a": ADA}).decision is Decision.UNDECIDED
    assert waive(given, {"c": ADA}) == given


def test_a_gate_that_passed_is_left_alone() -> None:
    given = _verdict(_gate("a", Decision.PASS), decision=Decision.PASS)
    assert waive(given, {"a": ADA}) == given


def test_what_strictness_left_undecided_stays_so() -> None:
    warning = _gate("a", Decision.UNDECIDED, blocking=False, strict=True)
    strict = _verdict(warning, decision=Decision.UNDECIDED, strict=True)
    assert waive(strict, {"a": ADA}).decision is Decision.UNDECIDED
    for kind in (Decision.FAIL, Decision.UNDECIDED):
        beside = _verdict(warning, _gate("b", kind), decision=kind, strict=True)
        assert waive(beside, {"b": ADA}).decision is Decision.UNDECIDED


def test_a_verdict_that_passes_by_waivers_names_them() -> None:
    bob = Waiving("Bob", date(2031, 1, 1), "an experiment")
    given = _verdict(*(_gate(name, Decision.FAIL) for name in "abc"), _gate("d", Decision.PASS), decision=Decision.FAIL)
    assert waive(given, {"a": ADA, "b": bob, "c": ADA}).waived == "by waiver of Ada until 2030-01-31 (a, c) and of Bob until 2031-01-01 (b)"
    assert not waive(given, {"a": ADA}).waived, "it fails all the same"


def test_a_waiver_of_nothing_makes_no_pass_of_a_verdict_that_nothing_blocks() -> None:
    open_ = _verdict(_gate("a", Decision.UNDECIDED, blocking=False), decision=Decision.UNDECIDED)
    assert waive(open_, {}).decision is Decision.UNDECIDED
    assert waive(open_, {"a": ADA}).decision is Decision.UNDECIDED
