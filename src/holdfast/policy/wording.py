"""The sentences of a verdict: why a gate passed, failed, or could not be decided."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, log

from holdfast.core import Anytime, Decision, Design, Measurement, Unit, metric
from holdfast.policy.gates import DecideOn, Gate

__all__ = ["ANYTIME_RULES", "evidence_needed", "place", "say_bar", "say_missing", "say_number", "say_result", "say_unmeasured"]

_MOST_NAMED = 4
ANYTIME_RULES = (DecideOn.ANYTIME, DecideOn.ANYTIME_CONFIRMED)


def place(measurement: Measurement) -> str:
    """Name where a measurement was taken: 'default', or 'identity/malware'."""
    return measurement.condition if measurement.group == "all" else f"{measurement.condition}/{measurement.group}"


def say_missing(gate: Gate) -> str:
    """Say that nothing was measured that the gate could judge."""
    hint = f" {gate.hint}" if gate.hint else ""
    return f"{gate.metric} was not measured, so the gate cannot pass.{hint}"


def say_unmeasured(gate: Gate, found: Sequence[Measurement]) -> str:
    """Say why a gate that only warns about it found nothing measured."""
    reasons = "; ".join(dict.fromkeys(measurement.reason or "no reason was given" for measurement in found))
    hint = f" {gate.hint}" if gate.hint else ""
    return f"{gate.metric} was not measured{f': {reasons}' if reasons else ', so the gate says nothing'}.{hint}"


def say_number(value: float, bar: float, *, decimals: int = 3) -> str:
    """Print a number with as many decimals as it takes to show on which side of the bar it lies, at least `decimals`.

    >>> say_number(0.8962, 0.90), say_number(0.5, 0.9)
    ('0.896', '0.5')
    """
    for places in range(decimals, 12):
        rounded = round(value, places)
        if (rounded < bar) == (value < bar) and (rounded > bar) == (value > bar):
            text = f"{rounded:.{places}f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
    return repr(value)


def say_bar(gate: Gate) -> str:
    """Say a gate's threshold: 'at most 10 points', 'at least 80 %', 'at most 3'."""
    return f"{'at most' if gate.at_most is not None else 'at least'} {_shown(gate, gate.bar)}"


def _shown(gate: Gate, value: float) -> str:
    """Print a number in the unit that people read: shares in per cent, drops of shares in points."""
    if metric(gate.metric).unit is not Unit.FRACTION:
        return say_number(value, gate.bar)
    # A hundred times 0.035 is 3.5000000000000004; the bar is said as it was written.
    number = f"{100 * value:.10g}" if value == gate.bar else say_number(100 * value, 100 * gate.bar, decimals=1)
    return f"{number} {'points' if gate.side == 'drop' else '%'}"


def say_result(gate: Gate, decision: Decision, telling: Sequence[Measurement], count: int) -> str:
    """Say why a gate decided as it did, from the measurements that tipped it."""
    if decision is Decision.PASS:
        worst = max(telling, key=lambda measurement: _badness(gate, measurement))
        scope = f" (worst of {count}: {place(worst)})" if count > 1 else ""
        return f"{_clause(gate, worst)}{scope}."
    named = sorted(telling, key=lambda measurement: -_badness(gate, measurement))[:_MOST_NAMED]
    rest = len(telling) - len(named)
    said = "; ".join(f"{place(measurement)}: {_clause(gate, measurement)}" for measurement in named)
    return f"{said}{f'; and {rest} more' if rest else ''}."


def _badness(gate: Gate, measurement: Measurement) -> float:
    if measurement.value is None:
        return float("inf")
    return measurement.value if gate.at_most is not None else -measurement.value


def _clause(gate: Gate, measurement: Measurement) -> str:
    if not measurement.may_gate:
        return f"judged by {measurement.judge}, a replication judge that may not gate"
    if measurement.doubt is not None:
        return f"the gate cannot rest on it: {measurement.doubt}"
    if measurement.n < gate.min_n:
        few = f"n is {measurement.n}, the gate asks for at least {gate.min_n}"
        return f"{few} ({measurement.reason})" if measurement.value is None and measurement.reason else few
    if gate.decide_on in ANYTIME_RULES and measurement.design is Design.FIXED_N:
        return "the run asked a fixed number of prompts, and this gate is for one that asks until it is settled (--until-decided)"
    if gate.decide_on not in (DecideOn.POINT, *ANYTIME_RULES) and measurement.design is not Design.FIXED_N:
        return "the run could stop early, and this gate is for a fixed number of prompts (policy until-decided is for such runs)"
    if measurement.value is None:
        return _say_bound(gate, measurement)
    return f"{_subject(gate, measurement)} is {_shown(gate, measurement.value)}, {_evidence(gate, measurement)}"


def _subject(gate: Gate, measurement: Measurement) -> str:
    name = gate.metric.replace("_", " ")
    return {"drop": f"the drop of {name}", "run": name}.get(measurement.side, f"{name} of the {measurement.side} model")


def _say_bound(gate: Gate, measurement: Measurement) -> str:
    reason = measurement.reason or "no reason was given"
    if measurement.low is None and measurement.high is None:
        return f"{gate.metric} was not measured: {reason}"
    low = _shown(gate, measurement.low) if measurement.low is not None else "?"
    high = _shown(gate, measurement.high) if measurement.high is not None else "?"
    return f"{gate.metric} was not measured ({reason}) but lies between {low} and {high}, bar: {say_bar(gate)}"


def _evidence(gate: Gate, measurement: Measurement) -> str:
    if gate.decide_on is DecideOn.NONINFERIORITY:
        return _say_noninferiority(gate, measurement)
    if gate.decide_on in ANYTIME_RULES:
        return _say_anytime(gate, measurement)
    if gate.decide_on is DecideOn.CONFIRMED:
        if measurement.p_adjusted is None:
            return "with no test"
        confirmed = measurement.p_adjusted <= gate.alpha
        return f"{'confirmed' if confirmed else 'not confirmed'} ({measurement.adjustment or 'adjusted'} p {measurement.p_adjusted:.2g})"
    text = f"bar: {say_bar(gate)}"
    if gate.decide_on is DecideOn.INTERVAL and measurement.low is not None and measurement.high is not None:
        text = f"interval {_shown(gate, measurement.low)} to {_shown(gate, measurement.high)}, {text}"
    if measurement.required_n is not None and measurement.p_adjusted is not None and measurement.p_adjusted > gate.alpha:
        text += f", not confirmed at n {measurement.n}: about {measurement.required_n} prompts would settle it"
    return text


def _say_noninferiority(gate: Gate, measurement: Measurement) -> str:
    if measurement.lower is None or measurement.upper is None:
        return "with no one-sided limits"
    if measurement.one_sided < 1 - gate.alpha:
        return f"its limits hold at {measurement.one_sided:g}, the gate asks for {1 - gate.alpha:g}"
    limit = measurement.upper if gate.at_most is not None else measurement.lower
    lost = measurement.lower > 0 if gate.at_most is not None else measurement.upper < 0
    within = gate.keeps(limit) and limit != gate.bar
    shown = _shown(gate, limit)
    if within:
        return f"{'a confirmed change, yet ' if lost else ''}at worst {shown}: within {say_bar(gate)}"
    return f"at worst {shown}: {'a confirmed loss' if lost else 'too few prompts to tell'}, bar: {say_bar(gate)}"


def evidence_needed(gate: Gate, evidence: Anytime, family: int) -> float:
    """Return the log e-value at which a statement of a gate counts as shown: log(family / what is left of alpha)."""
    return log(family / (gate.alpha - evidence.calibration_alpha)) if gate.alpha > evidence.calibration_alpha else inf


def _say_anytime(gate: Gate, measurement: Measurement) -> str:
    evidence = measurement.anytime
    if evidence is None:
        return "with no evidence that holds at any time"
    after = f"after {measurement.n} prompts"
    if gate.decide_on is DecideOn.ANYTIME and (evidence.log_e_noninferior or 0.0) >= evidence_needed(gate, evidence, 1):
        return f"shown to be within {say_bar(gate)} {after}"
    if evidence.log_e_degraded >= evidence_needed(gate, evidence, evidence.family):
        return f"a confirmed loss {after}, bar: {say_bar(gate)}"
    if gate.decide_on is DecideOn.ANYTIME_CONFIRMED:
        return f"no loss confirmed {after}"
    return f"neither a loss nor a drop within the margin is shown {after}, bar: {say_bar(gate)}"
