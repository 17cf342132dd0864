"""The sentences of a report: the verdict in one, and what was found under a condition."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.core import DEFAULT_CONDITION, Decision, Design, GateResult, Measurement, Unit, Verdict
from holdfast.report.gates import gate_word, verdict_word
from holdfast.report.hostile import line
from holdfast.report.inputs import ReportInput
from holdfast.report.rows import Index
from holdfast.report.wording import condition_phrase, label, measured, number, percent, points, points_range

__all__ = ["condition_sentence", "gate_sentence", "verdict_sentence"]


def verdict_sentence(given: ReportInput, found: Index, conditions: Sequence[str]) -> str:
    """Return the decision and the one fact that carries it; `conditions` is ordered worst first.

    Where a gate on another number decided, that gate speaks first.
    """
    word = verdict_word(given.verdict)
    told = condition_sentence(given, found, conditions[0]) if conditions else ""
    if given.verdict.decision is Decision.PASS:
        return f"{word}. {told or _warning(given.verdict) or 'Every blocking gate passed.'}"
    deciding = [gate for gate in given.verdict.gates if gate.blocking and gate.decision is given.verdict.decision]
    if not deciding:
        return f"{word}. No blocking gate failed, but a warning leaves the verdict open, as --strict asks. {told}".rstrip()
    if told and any(gate.metric == given.headline_metric for gate in deciding):
        return f"{word}. {told}"
    return f"{word}. {gate_sentence(deciding[0])}"


def _warning(verdict: Verdict) -> str:
    """Return the gravest warning of a verdict that passes, as the stages themselves say it; '' where there is none."""
    told = sorted(verdict.warnings, key=lambda gate: gate.decision is not Decision.FAIL)
    return f"{gate_word(told[0]).capitalize()} of {line(told[0].gate, limit=60)}: {line(told[0].why, limit=400)}" if told else ""


def gate_sentence(gate: GateResult) -> str:
    """Return why a gate that did not pass did not."""
    why = line(gate.why, limit=400).rstrip(".")
    return f"The gate “{line(gate.gate, limit=60)}” {'failed' if gate.decision is Decision.FAIL else 'could not be decided'}: {why}."


def condition_sentence(given: ReportInput, found: Index, condition: str) -> str:
    """Return what happened to the headline metric under one condition; '' where nobody tried to measure it."""
    base, tuned, drop = (found.get((given.headline_metric, side, condition, "all")) for side in ("base", "tuned", "drop"))
    if base is None and tuned is None and drop is None:
        return ""
    if base is None or tuned is None or base.value is None or tuned.value is None or drop is None or drop.value is None:
        return _incomplete(given.headline_metric, condition, base, tuned, drop)
    # "The base" is a noun of its own, "the tested" is not.
    first, second = "the base" if given.names[0] == "base" else f"the {given.names[0]} one", f"the {given.names[1]} model"
    start = second.capitalize() if condition == DEFAULT_CONDITION else f"Under {condition_phrase(condition)} {second}"
    change = _change(drop, drop.value, given.drop_line)
    if given.headline_metric == "refusal_rate":
        asked = f"{drop.n} request{'' if drop.n == 1 else 's'} that it should refuse"
        return f"{start} refuses {percent(tuned.value)} of {asked}, {first} {percent(base.value)}: {change}."
    of = f"{label(given.headline_metric)} (n = {drop.n})"
    return f"{start} has a {of} of {measured(tuned)}, {first} of {measured(base)}: {change}."


def _incomplete(metric: str, condition: str, *sides: Measurement | None) -> str:
    said = [f"{name} {measured(one)}" for name, one in zip(("base", "tuned", "drop"), sides, strict=True)]
    return f"Under {condition_phrase(condition)} the {label(metric)} cannot be compared: {'; '.join(said)}."


def _change(drop: Measurement, value: float, bar: float | None) -> str:
    if drop.unit is not Unit.FRACTION:
        return f"base minus tuned is {number(value, drop.unit)}"
    bars = () if bar is None else (bar,)
    if value == 0:
        return f"no change ({percent(drop.confidence)} {_kind(drop)} {points_range(drop.low, drop.high, *bars)} points)"
    low, high = (drop.low, drop.high) if value > 0 else (_negated(drop.high), _negated(drop.low))
    size = points(abs(value), *bars)
    limits = points_range(low, high, *bars)
    inner = limits if low is None or high is None else f"{percent(drop.confidence)} {_kind(drop)} {limits}"
    return f"a {'drop' if value > 0 else 'rise'} of {size} point{'' if size == '1' else 's'} ({inner})"


def _kind(drop: Measurement) -> str:
    return "interval" if drop.design is Design.FIXED_N else "confidence sequence"


def _negated(value: float | None) -> float | None:
    return None if value is None else 0.0 - value
