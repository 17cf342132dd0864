"""A stored verdict held against its policy and the stored measurements: gates that were taken out of it, or changed, are seen."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.core import InputError, Measurement, Verdict, digest
from holdfast.policy.files import load_policy, policy_names
from holdfast.policy.gates import Policy
from holdfast.policy.judging import judge, judge_finished

__all__ = ["hold_to_measurements"]


def hold_to_measurements(verdict: Verdict, measurements: Sequence[Measurement], where: object) -> None:
    """Judge the measurements again; raises InputError where a gate of that is not in the verdict read from `where`, or says otherwise.

    A policy of the user's own is no part of a run folder, so of a verdict by one only what every policy holds to is looked at: that
    all which the run was asked for is there.
    """
    rules = _shipped(verdict)
    expected = judge_finished(measurements) if rules is None else judge(measurements, rules, strict=verdict.strict).gates
    stored = {gate.gate: gate for gate in verdict.gates}
    for gate in expected:
        said = stored.get(gate.gate)
        if said is None:
            wrong = f"lacks gate {gate.gate!r} ({gate.why})"
        elif said.decision is not gate.decision:
            wrong = f"has {said.decision.value!r} for gate {gate.gate!r}, and the measurements come to {gate.decision.value!r}"
        elif gate.blocking and not (said.blocking or said.waived):
            wrong = f"lets gate {gate.gate!r} only warn, and it blocks"
        else:
            continue
        name = verdict.policy if verdict.policy.isprintable() else "NAME"
        raise InputError(
            f"{where}: {wrong}, so it is not the verdict on what lies there. Judge the run again: holdfast gate RUN --policy {name}."
        )


def _shipped(verdict: Verdict) -> Policy | None:
    """Return the policy that a verdict names, where it ships and has the very gates it had then."""
    if verdict.policy not in policy_names():
        return None
    rules = load_policy(verdict.policy)
    return rules if digest(rules) == verdict.policy_digest else None
