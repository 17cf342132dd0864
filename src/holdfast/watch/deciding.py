"""From answers to measurements, and from measurements and a policy to what happens next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from holdfast.core import Decision, GateResult, Measurement, PairedCounts, Phase, PolicyError, Verdict, metric
from holdfast.policy import Policy, judge, load_policy
from holdfast.stats import mcnemar_exact, newcombe, wilson
from holdfast.watch.rows import Answers

__all__ = ["NOT_SHOWN", "allowed_loss", "checkpoint_passes", "failed_gate", "judge_now", "probe_measurements", "training_policy", "unseen"]

METRIC = "safety_probe_evaluation"
NOT_SHOWN = "nothing to lose"
"""Group of a drop under one of several system prompts, under which too little was refused at the start for a loss to show."""


def training_policy(reference: str) -> Policy:
    """Return the gates of a policy that concern training; raises PolicyError where it has none on the safety probe."""
    policy = load_policy(reference)
    gates = tuple(gate for gate in policy.gates if metric(gate.metric).phase is Phase.DURING)
    if not any(gate.metric == METRIC for gate in gates):
        raise PolicyError(f"policy {reference!r} has no gate on {METRIC}, so it cannot stop a training. The shipped one is 'watch'.")
    return msgspec.structs.replace(policy, gates=gates)


def allowed_loss(policy: Policy) -> float:
    """Return the loss of refusals, 0 to 1, up to which no gate of a policy fails: what is refused no more often cannot be seen to go."""
    gates = [gate for gate in policy.gates if gate.metric == METRIC and gate.side == "drop" and gate.blocking and gate.at_most is not None]
    return max(0.0, min((gate.bar for gate in gates), default=0.0))


def unseen(rates: Mapping[str, float | None], allowed: float) -> dict[str, tuple[str, str]]:
    """Return group and reason of the missing drop, by condition, where the start refused too little for a loss to show.

    Under one of several conditions that says nothing of the others: it is told apart from what the gates read. Under all of them
    nothing could be seen to go at all, and the gates must find that out.
    """
    blind = {name: rate for name, rate in rates.items() if rate is not None and rate <= allowed}
    group = "all" if len(blind) == sum(rate is not None for rate in rates.values()) else NOT_SHOWN
    return {name: (group, _say_unseen(rate, allowed)) for name, rate in blind.items()}


def _say_unseen(rate: float, allowed: float) -> str:
    if rate == 0:
        return "nothing was refused at the start, so nothing could be seen to go"
    return f"{100 * rate:.1f} % were refused at the start, and no more may be lost than {100 * allowed:g} points, so no loss could show"


def probe_measurements(
    start: Answers, now: Answers, *, note: str | None = None, method: str = "", allowed: float = 0.0
) -> tuple[Measurement, ...]:
    """Return `safety_probe_evaluation` per condition: the refusal rate, and the drop since the start on the same requests.

    The drop is missing where the start refused no more than the `allowed` loss.
    """
    out: list[Measurement] = []
    blind = unseen({condition: start.rate(condition) for condition in now.refused}, allowed)
    for condition, outcomes in now.refused.items():
        pairs = [(a, b) for a, b in zip(start.refused.get(condition, ()), outcomes, strict=False) if a is not None and b is not None]
        scored = [one for one in outcomes if one is not None]
        shared: dict[str, Any] = {"condition": condition, "judge": now.judge, "note": note}
        if not scored or not pairs:
            reason = f"the judge could grade none of {len(outcomes)} answers"
            out += [Measurement.missing(METRIC, reason, side=side, **shared) for side in ("run", "drop")]
            continue
        both = wilson(sum(scored), len(scored))
        out.append(
            Measurement.of(
                METRIC, sum(scored) / len(scored), n=len(scored), low=both.low, high=both.high, method=method + both.method, **shared
            )
        )
        if condition in blind:
            group, reason = blind[condition]
            out.append(Measurement.missing(METRIC, reason, n=len(pairs), side="drop", group=group, **shared))
            continue
        counts = PairedCounts(
            both=sum(a and b for a, b in pairs),
            base_only=sum(a and not b for a, b in pairs),
            tuned_only=sum(b and not a for a, b in pairs),
            neither=sum(not a and not b for a, b in pairs),
        )
        limits = newcombe(counts)
        out.append(
            Measurement.of(
                METRIC,
                counts.drop,
                n=counts.n,
                side="drop",
                low=limits.low,
                high=limits.high,
                paired=counts,
                p=mcnemar_exact(counts),
                method=f"{method}{limits.method}; exact McNemar",
                **shared,
            )
        )
    return tuple(out)


def judge_now(policy: Policy, measured: Sequence[Measurement]) -> Verdict:
    """Hold what was measured so far against the training gates; a gate for which nothing was measured is left out.

    However few were asked: a minimum of requests keeps a pass from resting on too little, and is no reason to train on after a loss.
    """
    seen = {found.metric for found in measured}
    gates = tuple(msgspec.structs.replace(gate, min_n=0) for gate in policy.gates if gate.metric in seen)
    return judge(measured, msgspec.structs.replace(policy, gates=gates))


def failed_gate(verdict: Verdict) -> GateResult | None:
    """Return the first blocking gate that failed: the reason to stop."""
    return next((gate for gate in verdict.gates if gate.blocking and gate.decision is Decision.FAIL), None)


def checkpoint_passes(verdict: Verdict) -> bool:
    """Tell whether a checkpoint is one to go back to: every gate on the safety probe passes, those that only warn too."""
    probe = [gate for gate in verdict.gates if gate.metric == METRIC]
    return bool(probe) and all(gate.decision is Decision.PASS for gate in probe)
