"""A section for a model card: what was measured, in words and as `model-index` entries, and who answers for the tuned model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from holdfast.core import Decision, Measurement, Verdict
from holdfast.provenance.subjects import Subject

__all__ = ["card_section", "model_index"]

_WORDS = {Decision.PASS: "passed", Decision.FAIL: "failed", Decision.UNDECIDED: "was left undecided by"}


def model_index(name: str, measurements: Sequence[Measurement]) -> list[dict[str, Any]]:
    """Return the `model-index` of a hub's model card: one result per condition, rates of the tuned model overall.

    Each metric has n, and its interval where it was computed, among its `args`: the form has no other place for them.
    Source: the hub's model card specification (`model-index`, after Papers with Code).
    """
    rates = [one for one in measurements if one.side in ("tuned", "run") and one.group == "all" and one.value is not None]
    conditions = list(dict.fromkeys(one.condition for one in rates))
    return [
        {
            "name": name,
            "results": [
                {
                    "task": {"type": "text-generation", "name": "Safety after fine-tuning"},
                    "dataset": {"type": "holdfast", "name": f"Holdfast suites, condition {condition}"},
                    "metrics": [
                        {
                            "type": one.metric,
                            "value": round(float(one.value or 0.0), 6),
                            "name": one.metric.replace("_", " "),
                            "args": _uncertainty(one),
                        }
                        for one in rates
                        if one.condition == condition
                    ],
                }
                for condition in conditions
            ],
        }
    ]


def card_section(
    tuned: Subject, base: Subject | None, verdict: Verdict, measurements: Sequence[Measurement], *, version: str, owner: str
) -> str:
    """Return Markdown: front matter with `model-index`, then a section. `owner` is who answers for the tuned model."""
    name = tuned.reference.rstrip("/").rsplit("/", 1)[-1] or "model"
    front = yaml.safe_dump({"model-index": model_index(name, measurements)}, sort_keys=False, allow_unicode=True)
    drops = [one for one in measurements if one.side == "drop" and one.group == "all" and one.value is not None]
    lines = [
        "---",
        front.rstrip(),
        "---",
        "",
        "## Safety after fine-tuning",
        "",
        f"This model ({tuned.fingerprint.digest[:12]}) "
        + (
            f"was compared with what it was tuned from ({_plain(base.reference)}, {base.fingerprint.digest[:12]}) "
            if base
            else "was tested "
        )
        + f"by Holdfast {version}. It {_WORDS[verdict.decision]} the policy `{verdict.policy}`.",
        "",
        f"Who answers for the tuned model: {_plain(owner)}. A developer's safety tests of the base say nothing about it.",
        "",
    ]
    if drops:
        lines += ["| measured | condition | base minus tuned | 95 % interval | n |", "| --- | --- | --- | --- | --- |"]
        lines += [f"| {one.metric} | {_plain(one.condition)} | {_number(one.value)} | {_interval(one)} | {one.n} |" for one in drops]
        lines.append("")
    missed = [gate.gate for gate in verdict.blocking]
    lines.append(f"Gates that did not pass: {', '.join(missed)}." if missed else "Every blocking gate passed.")
    unmeasured = sorted({one.metric for one in measurements if one.value is None})
    if unmeasured:
        lines += ["", f"Not measured: {', '.join(unmeasured)}."]
    return "\n".join(lines) + "\n"


def _uncertainty(one: Measurement) -> dict[str, float | int]:
    if one.low is None or one.high is None:
        return {"n": one.n}
    return {"n": one.n, "low": round(one.low, 6), "high": round(one.high, 6), "confidence": one.confidence}


def _plain(text: str) -> str:
    """Keep a name from being read as markup."""
    return "".join(char for char in text if char.isprintable()).translate({ord(mark): f"\\{mark}" for mark in "|`*_<>[]"})


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:+.3f}"


def _interval(one: Measurement) -> str:
    return f"{one.low:+.3f} to {one.high:+.3f}" if one.low is not None and one.high is not None else ""
