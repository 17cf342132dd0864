"""An in-toto statement of a verdict: which files were tested, by what, and how it ended.

Source: in-toto attestation framework, Statement v1 and the predicate test-result v0.1. The statement is not signed here; sign the file with
whatever your supply chain signs with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.core import Decision, GateResult, Verdict
from holdfast.provenance.subjects import Subject

__all__ = ["PREDICATE", "STATEMENT", "result_statement"]

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
_FINGERPRINT = "holdfastFingerprint"


def result_statement(subject: Subject, verdict: Verdict, files: Mapping[str, str]) -> dict[str, Any]:
    """Return the statement.

    Args:
        subject: the model that was tested.
        verdict: what a policy said of it. A gate that could not be decided did not pass, and the predicate knows no third word: it stands
            among the failed ones where it blocks, and the verdict's own word stands in the annotations.
        files: digests (SHA-256) of the files of the run folder that the verdict rests on, by name.
    """
    gates = verdict.gates
    return {
        "_type": STATEMENT,
        "subject": [
            *({"name": file.name, "digest": {"sha256": file.sha256}} for file in subject.files),
            {"name": subject.reference, "digest": {_FINGERPRINT: subject.fingerprint.digest}},
        ],
        "predicateType": PREDICATE,
        "predicate": {
            "result": _result(verdict),
            "configuration": [
                {
                    "name": f"policy {verdict.policy}",
                    "digest": {"sha256": verdict.policy_digest},
                    "annotations": {"decision": verdict.decision.value, "strict": verdict.strict},
                },
                *({"name": name, "digest": {"sha256": digest}} for name, digest in sorted(files.items())),
            ],
            "passedTests": [gate.gate for gate in gates if gate.decision is Decision.PASS],
            "warnedTests": [gate.gate for gate in verdict.warnings],
            "failedTests": [_named(gate) for gate in verdict.blocking],
        },
    }


def _result(verdict: Verdict) -> str:
    if verdict.decision is not Decision.PASS:
        return "FAILED"
    return "WARNED" if verdict.warnings else "PASSED"


def _named(gate: GateResult) -> str:
    return gate.gate if gate.decision is Decision.FAIL else f"{gate.gate} ({gate.decision.value})"
