"""Measurements and a policy give a verdict. It fails closed: what was not measured never passes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from holdfast.core import UNFINISHED, Decision, Design, GateResult, Measurement, Verdict, digest, worst
from holdfast.policy.gates import DecideOn, Gate, Policy
from holdfast.policy.wording import ANYTIME_RULES, evidence_needed, place, say_bar, say_missing, say_result, say_unmeasured

__all__ = ["FINISHED", "judge", "judge_finished"]

FINISHED = "run_finished"
"""The gate that every policy has: what the run was asked for is there."""


def judge(measurements: Sequence[Measurement], policy: Policy, *, strict: bool = False) -> Verdict:
    """Hold measurements against a policy.

    A blocking gate decides the verdict; FAIL beats UNDECIDED beats PASS. A gate that does not block can only warn,
    unless `strict` is set and the gate asks for it: then its warning leaves the verdict undecided.

    Where a run was asked for something that is still to come, a gate of no policy blocks too (`FINISHED`): it never passes.
    """
    asked = {measurement.metric for measurement in measurements}
    gates = [gate for gate in policy.gates if gate.unmeasured != "left out" or gate.metric in asked]
    results = (*(_judge_gate(gate, measurements, strict=strict) for gate in gates), *judge_finished(measurements))
    decisions = [result.decision for result in results if result.blocking]
    if any(result.strict for result in results if result.decision is not Decision.PASS) or not decisions:
        # Where no gate that blocks had anything to decide on, nothing was shown.
        decisions.append(Decision.UNDECIDED)
    return Verdict(decision=worst(decisions), policy=policy.name, policy_digest=digest(policy), strict=strict, gates=results)


def judge_finished(measurements: Sequence[Measurement]) -> tuple[GateResult, ...]:
    """Return what blocks where a part of the run is still to come; nothing where all of it is there."""
    found = tuple(measurement for measurement in measurements if measurement.metric == UNFINISHED)
    if not found:
        return ()
    why = "; ".join(dict.fromkeys(measurement.reason or measurement.group for measurement in found))
    one = GateResult(
        gate=FINISHED,
        metric=UNFINISHED,
        decision=Decision.UNDECIDED,
        blocking=True,
        threshold="all that was asked for",
        why=f"The run is not finished: {why}.",
        failing=tuple(measurement.group for measurement in found),
        measurements=found,
    )
    return (one,)


def _judge_gate(gate: Gate, measurements: Sequence[Measurement], *, strict: bool) -> GateResult:
    result = _judged(gate, measurements)
    return msgspec.structs.replace(result, strict=strict and gate.strict and not gate.blocking)


def _judged(gate: Gate, measurements: Sequence[Measurement]) -> GateResult:
    found = [measurement for measurement in measurements if _concerns(gate, measurement)]
    if gate.unmeasured == "warning":
        known = [measurement for measurement in found if measurement.value is not None]
        if not known:
            return msgspec.structs.replace(_result(gate, Decision.UNDECIDED, say_unmeasured(gate, found), (), tuple(found)), blocking=False)
        found = known
    if not found:
        return _result(gate, Decision.UNDECIDED, say_missing(gate), (), ())
    decided = [(_decide(gate, measurement), measurement) for measurement in found]
    decision = worst(one for one, _ in decided)
    telling = [measurement for one, measurement in decided if one is decision]
    failing = tuple(place(measurement) for one, measurement in decided if one is not Decision.PASS)
    return _result(gate, decision, say_result(gate, decision, telling, len(found)), failing, tuple(found))


def _result(gate: Gate, decision: Decision, why: str, failing: tuple[str, ...], found: tuple[Measurement, ...]) -> GateResult:
    return GateResult(
        gate=gate.name,
        metric=gate.metric,
        decision=decision,
        blocking=gate.blocking,
        threshold=say_bar(gate),
        why=why,
        failing=failing,
        measurements=found,
    )


def _concerns(gate: Gate, measurement: Measurement) -> bool:
    group_fits = gate.group in {"any", measurement.group} or (gate.group == "each" and measurement.group != "all")
    return (
        measurement.metric == gate.metric
        and measurement.side == gate.side
        and group_fits
        and (gate.condition == "each" or measurement.condition == gate.condition)
    )


def _decide(gate: Gate, measurement: Measurement) -> Decision:
    if not measurement.may_gate or measurement.doubt is not None or measurement.n < gate.min_n:
        return Decision.UNDECIDED
    if gate.decide_on is DecideOn.POINT:
        return _decide_on_point(gate, measurement)
    if (measurement.design is Design.FIXED_N) == (gate.decide_on in ANYTIME_RULES):
        return Decision.UNDECIDED
    return _RULES[gate.decide_on](gate, measurement)


def _decide_on_point(gate: Gate, measurement: Measurement) -> Decision:
    if measurement.value is None:
        return _decide_on_interval(gate, measurement)
    return Decision.PASS if gate.keeps(measurement.value) else Decision.FAIL


def _decide_on_interval(gate: Gate, measurement: Measurement) -> Decision:
    """Both ends on the good side pass, both on the bad side fail. Also decides bounds of what was not measured."""
    good, bad = (measurement.high, measurement.low) if gate.at_most is not None else (measurement.low, measurement.high)
    if good is not None and gate.keeps(good):
        return Decision.PASS
    if bad is not None and not gate.keeps(bad):
        return Decision.FAIL
    return Decision.UNDECIDED


def _decide_on_noninferiority(gate: Gate, measurement: Measurement) -> Decision:
    near, far = (measurement.lower, measurement.upper) if gate.at_most is not None else (measurement.upper, measurement.lower)
    if near is None or far is None or measurement.one_sided < 1 - gate.alpha:
        return Decision.UNDECIDED
    if gate.keeps(far) and far != gate.bar:
        return Decision.PASS
    lost = near > 0 if gate.at_most is not None else near < 0
    return Decision.FAIL if lost else Decision.UNDECIDED


def _decide_on_confirmed(gate: Gate, measurement: Measurement) -> Decision:
    if measurement.value is None or measurement.p_adjusted is None:
        return Decision.UNDECIDED
    confirmed = measurement.p_adjusted <= gate.alpha and not gate.keeps(measurement.value)
    return Decision.FAIL if confirmed else Decision.PASS


def _decide_anytime(gate: Gate, measurement: Measurement) -> Decision:
    evidence = measurement.anytime
    if evidence is None or evidence.margin is None or evidence.log_e_noninferior is None or evidence.margin > abs(gate.bar):
        return Decision.UNDECIDED
    if evidence.log_e_noninferior >= evidence_needed(gate, evidence, 1):
        return Decision.PASS
    return _decide_anytime_confirmed(gate, measurement) if _lost(gate, measurement) else Decision.UNDECIDED


def _decide_anytime_confirmed(gate: Gate, measurement: Measurement) -> Decision:
    if measurement.anytime is None:
        return Decision.UNDECIDED
    return Decision.FAIL if _lost(gate, measurement) else Decision.PASS


def _lost(gate: Gate, measurement: Measurement) -> bool:
    evidence = measurement.anytime
    return evidence is not None and evidence.log_e_degraded >= evidence_needed(gate, evidence, evidence.family)


_RULES = {
    DecideOn.INTERVAL: _decide_on_interval,
    DecideOn.NONINFERIORITY: _decide_on_noninferiority,
    DecideOn.CONFIRMED: _decide_on_confirmed,
    DecideOn.ANYTIME: _decide_anytime,
    DecideOn.ANYTIME_CONFIRMED: _decide_anytime_confirmed,
}
