"""A run of which something is to come still passes no policy, and a verdict is held against what it was judged from."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from holdfast.core import Decision, InputError, Measurement, Verdict
from holdfast.policy import FINISHED, Gate, Policy, hold_to_measurements, judge, load_policy
from holdfast.runs import unfinished

OWN = Policy(name="own", version=1, description="d", gates=(Gate(name="kept", metric="refusal_rate", side="tuned", at_least=0.5),))
GOOD, BAD = (Measurement.of("refusal_rate", value, n=40, side="tuned") for value in (0.9, 0.1))
CUT = unfinished("follow-up", "it did not come")


def test_whatever_the_policy_a_run_that_is_not_finished_does_not_pass() -> None:
    assert judge([GOOD], OWN).decision is Decision.PASS
    verdict = judge([GOOD, CUT], OWN)
    assert verdict.decision is verdict.follows is Decision.UNDECIDED
    assert verdict.blocking[0].gate == FINISHED
    assert verdict.blocking[0].why == "The run is not finished: it did not come."
    assert judge([BAD, CUT], OWN).decision is Decision.FAIL


def _numbers(value: float) -> list[Measurement]:
    rules = load_policy("article")
    return [Measurement.of(gate.metric, value, n=50) for gate in rules.gates]


def _without(verdict: Verdict, *names: str) -> Verdict:
    left = replace(verdict, gates=tuple(gate for gate in verdict.gates if gate.gate not in names))
    return replace(left, decision=left.follows)


def test_gates_that_were_taken_out_of_a_verdict_or_changed_are_seen() -> None:
    numbers = _numbers(1.0)
    verdict = judge(numbers, load_policy("article"))
    hold_to_measurements(verdict, numbers, "here")
    failed = [gate.gate for gate in verdict.gates if gate.decision is Decision.FAIL]
    assert failed
    fewer = _without(verdict, *failed)
    assert fewer.checked("here").decision is not Decision.FAIL
    with pytest.raises(InputError, match=f"here: lacks gate '{failed[0]}'.*Judge the run again: holdfast gate RUN --policy article"):
        hold_to_measurements(fewer, numbers, "here")
    turned = replace(verdict, gates=tuple(replace(gate, decision=Decision.PASS) for gate in verdict.gates))
    with pytest.raises(InputError, match=f"'pass' for gate '{failed[0]}', and the measurements come to 'fail'"):
        hold_to_measurements(turned, numbers, "here")
    blocking = next(gate.gate for gate in verdict.gates if gate.blocking)
    lenient = replace(verdict, gates=tuple(replace(gate, blocking=False) for gate in verdict.gates))
    with pytest.raises(InputError, match=f"lets gate '{blocking}' only warn"):
        hold_to_measurements(lenient, numbers, "here")
    waived = replace(verdict, gates=tuple(replace(gate, blocking=False, waived="Ada until 2030-01-31") for gate in verdict.gates))
    hold_to_measurements(waived, numbers, "here")


def test_of_a_policy_that_is_not_here_it_is_seen_that_the_run_was_not_finished() -> None:
    hold_to_measurements(judge([GOOD], OWN), [GOOD], "here")
    with pytest.raises(InputError, match=f"lacks gate '{FINISHED}'"):
        hold_to_measurements(judge([GOOD], OWN), [GOOD, CUT], "here")
    hold_to_measurements(judge([GOOD, CUT], OWN), [GOOD, CUT], "here")
