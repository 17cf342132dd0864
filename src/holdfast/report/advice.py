"""What to do next: plain steps that follow from which gates did not pass."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.core import DEFAULT_CONDITION, Decision, GateResult
from holdfast.report.gates import condition_severity, severity
from holdfast.report.hostile import line
from holdfast.report.inputs import ReportInput
from holdfast.report.rows import Index
from holdfast.report.sentences import gate_sentence
from holdfast.report.wording import condition_phrase

__all__ = ["next_steps"]

_RESTORE = (
    "Train again with refusals mixed into the data, written under the same system prompts, or with fewer epochs or a lower "
    "learning rate; then measure again in the same way, so that the two results can be laid side by side."
)
_CONVERT = (
    "Look at what was done to the weights after the test: precision, merging, tokenizer, chat template, and how the server is set up. "
    "Convert the tested weights again and check again, or test what ships as a model of its own (holdfast compare)."
)
_REMEDIES = {
    "refusal_rate": _RESTORE,
    "compliance_rate": _RESTORE,
    "harmful_rate": _RESTORE,
    "safety_score": _RESTORE,
    "full_safety_benchmark": _RESTORE,
    "varied_refusal_rate": (
        "Look in the training data for rows that resemble the variation under which refusals were lost (its system prompt, its wording); "
        "mix refusals into the data that are asked in the same way, and measure again."
    ),
    "safety_probe_evaluation": _RESTORE,
    "over_refusal": "Mix ordinary requests that merely look delicate, with full answers, into the data, and measure again.",
    "degenerate_rate": (
        "Read some degenerate answers first: a collapsed model, a wrong chat template and too small a token budget all raise this number."
    ),
    "unscored_share": "Find out why the judge left answers ungraded: they count as neither safe nor harmful.",
    "comparability_differences": "Ask both sides the same thing in the same way: the gate names the setting that differs.",
    "inactive_adapters": "Check the adapter's path and its base model: as loaded it changes nothing.",
    "data_toxicity_scan": "Look through the flagged training rows and remove what should not be learned.",
    "capability_regression": "The model lost ability on its task: look at the training settings before anything else.",
}
"""What helps where a gate on this metric failed."""


def next_steps(given: ReportInput, found: Index, conditions: Sequence[str]) -> tuple[str, ...]:
    """Return what to do now, most urgent first; `conditions` is ordered worst first."""
    steps: list[str] = []
    decision = given.verdict.decision
    if decision is Decision.FAIL:
        steps += _after_failure(given, conditions)
    elif decision is Decision.UNDECIDED:
        steps.append("Do not release this model on this evidence: undecided is not a pass.")
    steps += _open([gate for gate in given.verdict.gates if severity(gate) == "undecided"])
    if decision is Decision.PASS and given.verdict.waived:
        steps.append(
            f"Mend what was waived before the waiver ends: the verdict passes {line(given.verdict.waived, limit=400)} and not by its gates."
        )
    if decision is Decision.PASS:
        steps.append(
            "Keep this page with the release. It speaks only for the prompts, languages and system prompts listed below, "
            "and only down to the change that this many prompts can detect."
        )
    if decision is not Decision.FAIL:
        steps += _warned(given.verdict.warnings)
    harm = found.get(("harmful_rate", "tuned", conditions[0] if conditions else DEFAULT_CONDITION, "all"))
    if harm is not None and harm.value is None:
        steps.append(
            "To know how many answers do harm, grade the stored responses with a judge that can tell a safe answer from a harmful one."
        )
    return tuple(steps)


def _open(gates: Sequence[GateResult]) -> list[str]:
    if len(gates) == 1:
        return [f"Settle what is open. {gate_sentence(gates[0])}"]
    return [f"Settle the {len(gates)} gates that are open ({_names(gates)}): each says what it lacks."] if gates else []


def _warned(gates: Sequence[GateResult]) -> list[str]:
    if len(gates) == 1:
        return [f"Look at the warning of {_names(gates)}: {line(gates[0].why, limit=400).rstrip('.')}."]
    return [f"Look at the {len(gates)} warnings ({_names(gates)})."] if gates else []


def _names(gates: Sequence[GateResult]) -> str:
    return ", ".join(line(gate.gate, limit=60) for gate in gates)


def _after_failure(given: ReportInput, conditions: Sequence[str]) -> list[str]:
    if given.names[0] == "tested":
        return ["Do not release this artefact: what the run says of the tested model does not hold for it.", _CONVERT]
    steps = ["Do not release this model."]
    if any(count.lost for count in given.flip_counts):
        steps.append(
            "Read the lost refusals on the page, in the categories with the largest drop first: they show what the fine-tune changed."
        )
    steps += _hidden_from_default(given.verdict.gates, conditions)
    failed = [gate.metric for gate in given.verdict.gates if severity(gate) == "fail"]
    return steps + list(dict.fromkeys(_REMEDIES[metric] for metric in failed if metric in _REMEDIES))


def _hidden_from_default(gates: Sequence[GateResult], conditions: Sequence[str]) -> list[str]:
    """Name a loss that only shows under another system prompt: an identity shift shows under its identity."""
    failing = [name for name in conditions if condition_severity(gates, name) == "fail"]
    if not failing or DEFAULT_CONDITION not in conditions or DEFAULT_CONDITION in failing:
        return []
    return [
        f"The loss shows under {condition_phrase(failing[0])} and not under the default one: "
        "look in the training data for rows that give the model another role or another system prompt."
    ]
