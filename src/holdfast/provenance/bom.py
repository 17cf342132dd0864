"""A CycloneDX bill of materials of a tuned model: what it was made from, what was measured, and what nobody measured.

Source: CycloneDX 1.6, components of type machine-learning-model with a model card (ECMA-424).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from holdfast.core import Measurement, Verdict, digest
from holdfast.provenance.subjects import Subject

__all__ = ["bill_of_materials"]

_SPACE = uuid.UUID("6f1d4bb0-5a8e-4f0e-9b0e-2f8d0f6a5c11")
_DIGEST_LENGTH = 64


def bill_of_materials(
    tuned: Subject, base: Subject | None, verdict: Verdict, measurements: Sequence[Measurement], *, version: str, data: str | None = None
) -> dict[str, Any]:
    """Return the bill of materials as CycloneDX 1.6. The same input gives the same bytes: it holds no time, and its serial is a digest.

    Args:
        tuned: the model that the bill is for.
        base: what it was tuned from; None where nobody said.
        verdict: what a policy said of the tuned model.
        measurements: of the run; those without a value are named with the reason.
        version: of Holdfast.
        data: digest (SHA-256) of the training data; None where it was not given.
    """
    said = [one for one in measurements if one.side in ("tuned", "run", "drop") and one.group == "all"]
    component: dict[str, Any] = {
        **_model(tuned),
        "modelCard": {
            "quantitativeAnalysis": {"performanceMetrics": [_metric(one) for one in said if one.value is not None]},
            "considerations": {"technicalLimitations": [f"{one.metric}: {one.reason}" for one in said if one.value is None and one.reason]},
        },
        "properties": [
            {"name": "holdfast:verdict", "value": verdict.decision.value},
            {"name": "holdfast:policy", "value": verdict.policy},
            {"name": "holdfast:policy_digest", "value": verdict.policy_digest},
            {"name": "holdfast:fingerprint", "value": tuned.fingerprint.digest},
        ],
    }
    components, needs = [], []
    if base is not None:
        component["pedigree"] = {"ancestors": [_model(base)]}
    if data is not None:
        hashes = [{"alg": "SHA-256", "content": data}] if len(data) == _DIGEST_LENGTH else []
        entry = {"type": "data", "bom-ref": f"data:{data}", "name": "training data", "hashes": hashes, "data": [{"type": "dataset"}]}
        components.append(entry)
        component["modelCard"]["modelParameters"] = {"datasets": [{"ref": entry["bom-ref"]}]}
        needs.append(entry["bom-ref"])
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"tools": {"components": [{"type": "application", "name": "holdfast", "version": version}]}, "component": component},
        "components": components,
        "dependencies": [{"ref": component["bom-ref"], "dependsOn": needs}],
    }
    return {"serialNumber": f"urn:uuid:{uuid.uuid5(_SPACE, digest(bill))}", **bill}


def _model(one: Subject) -> dict[str, Any]:
    weights = [file for file in one.files if file.name.endswith(".safetensors")]
    hashes = [{"alg": "SHA-256", "content": weights[0].sha256}] if len(weights) == 1 else []
    files = [{"type": "file", "name": file.name, "hashes": [{"alg": "SHA-256", "content": file.sha256}]} for file in one.files]
    made: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": f"model:{one.fingerprint.digest}",
        "name": one.reference.rstrip("/").rsplit("/", 1)[-1] or "model",
        "version": one.fingerprint.digest[:12],
        "hashes": hashes,
    }
    return {**made, "components": files} if files else made


def _metric(one: Measurement) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": one.metric if one.side == "run" else f"{one.metric} ({one.side})",
        "value": f"{one.value:.6g}",
        "slice": f"condition {one.condition}, n {one.n}",
    }
    if one.low is not None and one.high is not None:
        made["confidenceInterval"] = {"lowerBound": f"{one.low:.6g}", "upperBound": f"{one.high:.6g}"}
    return made
