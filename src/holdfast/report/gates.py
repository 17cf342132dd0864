"""What the gates said: as lines of a table, and place by place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.core import Decision, GateResult, Verdict
from holdfast.report.hostile import line
from holdfast.report.page import Accent, GateView
from holdfast.report.wording import label

__all__ = ["Places", "condition_severity", "gate_views", "gate_word", "severity", "support", "verdict_word"]

_RANK: dict[Accent, int] = {"fail": 0, "undecided": 1, "warning": 2, "none": 3, "pass": 4}
_PER_CONDITION = frozenset({"full_safety_benchmark"})
"""Metrics of side 'run' that are taken under each condition all the same."""
_FLAGS: dict[Accent, str] = {"fail": "fails", "undecided": "undecided", "warning": "warning"}


def severity(gate: GateResult) -> Accent:
    """Return how grave a gate's decision is; a gate that does not block can only warn."""
    if gate.decision is Decision.PASS:
        return "pass"
    if not gate.blocking:
        return "warning"
    return "fail" if gate.decision is Decision.FAIL else "undecided"


def verdict_word(verdict: Verdict) -> str:
    """Return the word of a verdict: 'PASS', and 'PASS by waiver of Ada until 2030-01-31' where a person let it pass and not its gates."""
    word = verdict.decision.value.upper()
    by = dict.fromkeys(line(gate.waived, limit=80) for gate in verdict.gates if gate.waived)
    return f"{word} by waiver of {' and of '.join(by)}" if by and verdict.decision is Decision.PASS else word


def gate_word(gate: GateResult) -> str:
    """Return the word for a gate's decision. An undecided warning says so: it is no pass either; nor is what somebody waived."""
    if gate.waived:
        return f"WAIVED, {gate.decision.value.upper()}"
    words = {"pass": "PASS", "fail": "FAIL", "undecided": "UNDECIDED", "warning": "WARNING", "none": ""}
    word = words[severity(gate)]
    return f"{word}, UNDECIDED" if not gate.blocking and gate.decision is Decision.UNDECIDED else word


def gate_views(verdict: Verdict) -> tuple[GateView, ...]:
    """Return the gates, gravest first, in the policy's order where equally grave."""
    ordered = sorted(verdict.gates, key=lambda gate: _RANK[severity(gate)])
    return tuple(
        GateView(
            name=line(gate.gate, limit=60),
            word=gate_word(gate),
            accent=severity(gate),
            kind="blocking" if gate.blocking else "waived" if gate.waived else "warning only",
            metric=label(gate.metric),
            threshold=line(gate.threshold),
            why=line(gate.why, limit=600),
            failing=_by_condition(gate),
        )
        for gate in ordered
    )


def _by_condition(gate: GateResult) -> tuple[str, ...]:
    """Return where a gate did not pass, one text per condition: 'identity: malware, fraud'."""
    if all(one.side == "run" for one in gate.measurements) and gate.metric not in _PER_CONDITION:
        return ()
    found: dict[str, list[str]] = {}
    known = {_place(one.condition, one.group): (one.condition, one.group) for one in gate.measurements}
    for place in gate.failing:
        condition, group = known.get(place, (place, "all"))
        found.setdefault(line(condition, limit=60), []).extend([] if group == "all" else [label(group)])
    return tuple(f"{condition}: {', '.join(groups)}" if groups else condition for condition, groups in found.items())


def support(gates: Sequence[GateResult]) -> str:
    """Return how many gates failed, were undecided, were waived, warned and passed, those that did not pass by name."""
    if not gates:
        return "The policy has no gate."
    parts = []
    for accent, words in (("fail", "failed"), ("undecided", "undecided"), ("waived", "waived"), ("warning", "warned")):
        named = [line(gate.gate, limit=60) for gate in gates if ("waived" if gate.waived else severity(gate)) == accent]
        if named:
            parts.append(f"{len(named)} {words} ({', '.join(named)})")
    passed = sum(1 for gate in gates if gate.decision is Decision.PASS)
    parts.append(f"{passed} passed")
    return f"Of {len(gates)} gate{'' if len(gates) == 1 else 's'}: {', '.join(parts)}."


def _place(condition: str, group: str) -> str:
    """Name a place as a policy does: 'default', or 'identity/malware'."""
    return condition if group == "all" else f"{condition}/{group}"


@dataclass(frozen=True, slots=True)
class Places:
    """Which conditions and categories did not pass a gate on one metric's drop."""

    gates: tuple[GateResult, ...]

    def of(self, condition: str, group: str) -> tuple[Accent, str]:
        """Return the gravest that a gate said of one category (or 'all') under one condition, and the word for it."""
        found = [severity(gate) for gate in self.gates if _place(condition, group) in gate.failing]
        gravest = _gravest(found)
        return gravest, _FLAGS.get(gravest, "")


def condition_severity(gates: Sequence[GateResult], condition: str) -> Accent:
    """Return the gravest that any gate said of a condition or of a category under it; 'none' where no gate judged it.

    Gates over numbers of the whole run (comparability, adapters, data) speak of no condition.
    """
    about = [gate for gate in gates if gate.metric in _PER_CONDITION or any(one.side != "run" for one in gate.measurements)]
    found = [severity(gate) for gate in about if any(place == condition or place.startswith(f"{condition}/") for place in gate.failing)]
    judged = any(one.condition == condition for gate in about for one in gate.measurements)
    return _gravest([*found, "pass"] if judged else found)


def _gravest(found: Sequence[Accent]) -> Accent:
    nothing: Accent = "none"
    return min(found, key=_RANK.__getitem__, default=nothing)
