"""Papers hold what was measured, say what was not, and are what the standards say they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from holdfast.core import Decision, GateResult, InputError, Measurement, Verdict
from holdfast.plugins import ModelFingerprint
from holdfast.provenance import ModelFile, Subject, bill_of_materials, card_section, model_files, result_statement, subject

MEASURED = (
    Measurement.of("refusal_rate", 0.9, n=100, side="base"),
    Measurement.of("refusal_rate", 0.5, n=100, side="tuned", low=0.4, high=0.6),
    Measurement.of("refusal_rate", 0.4, n=100, side="drop", low=0.3, high=0.5),
    Measurement.missing("toxicity_mean", "no classifier was given", side="tuned"),
)


def a_subject(name: str) -> Subject:
    fingerprint = ModelFingerprint(weights="a" * 64, tokenizer="b" * 64, template=name)
    return Subject(reference=name, fingerprint=fingerprint, files=(ModelFile(name="model.safetensors", sha256="c" * 64),))


def a_verdict(*decisions: tuple[Decision, bool]) -> Verdict:
    gates = tuple(
        GateResult(gate=f"gate-{number}", metric="refusal_rate", decision=decision, blocking=blocking, threshold="at most 0.1", why="x")
        for number, (decision, blocking) in enumerate(decisions)
    )
    blocking = [decision for decision, blocks in decisions if blocks]
    order = (Decision.FAIL, Decision.UNDECIDED, Decision.PASS)
    return Verdict(decision=next(one for one in order if one in blocking), policy="compare", policy_digest="d" * 64, gates=gates)


@pytest.mark.parametrize(
    ("decisions", "result", "failed"),
    [
        ([(Decision.PASS, True)], "PASSED", []),
        ([(Decision.PASS, True), (Decision.FAIL, False)], "WARNED", []),
        ([(Decision.UNDECIDED, True)], "FAILED", ["gate-0 (undecided)"]),
        ([(Decision.FAIL, True), (Decision.UNDECIDED, True)], "FAILED", ["gate-0", "gate-1 (undecided)"]),
    ],
)
def test_what_did_not_pass_is_never_passed(decisions: list[tuple[Decision, bool]], result: str, failed: list[str]) -> None:
    made = result_statement(a_subject("tuned"), a_verdict(*decisions), {})["predicate"]
    assert (made["result"], made["failedTests"]) == (result, failed)


def test_the_statement_is_what_in_toto_reads() -> None:
    json_format = pytest.importorskip("google.protobuf.json_format", reason="in-toto-attestation is not installed")
    from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
    from in_toto_attestation.v1.statement import Statement

    made = result_statement(a_subject("tuned"), a_verdict((Decision.FAIL, True), (Decision.PASS, True)), {"run.json": "e" * 64})
    predicate = json_format.ParseDict(made["predicate"], test_result_pb2.TestResult())
    assert list(predicate.passed_tests) == ["gate-1"]
    plain = json.dumps({**made, "predicate": {"x": 1}})
    read = Statement.copy_from_pb(json_format.Parse(plain, Statement([], "", {}).pb.__class__()))
    read.validate()
    assert [one.name for one in read.pb.subject] == ["model.safetensors", "tuned"]


def test_the_bill_is_valid_cyclonedx() -> None:
    validation = pytest.importorskip("cyclonedx.validation.json", reason="cyclonedx-python-lib is not installed")
    from cyclonedx.schema import SchemaVersion

    verdict = a_verdict((Decision.FAIL, True))
    made = bill_of_materials(a_subject("tuned"), a_subject("base"), verdict, MEASURED, version="0.1.0", data="f" * 64)
    validator = validation.JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(json.dumps(made)) is None
    assert validator.validate_str(json.dumps({**made, "bomFormat": "nonsense"})) is not None, "the validator would notice"


def test_the_bill_names_what_was_not_measured_and_holds_no_time() -> None:
    verdict = a_verdict((Decision.PASS, True))
    made = bill_of_materials(a_subject("tuned"), a_subject("base"), verdict, MEASURED, version="0.1.0")
    card = made["metadata"]["component"]["modelCard"]
    assert card["considerations"]["technicalLimitations"] == ["toxicity_mean: no classifier was given"]
    assert {one["type"]: one["value"] for one in card["quantitativeAnalysis"]["performanceMetrics"]} == {
        "refusal_rate (tuned)": "0.5",
        "refusal_rate (drop)": "0.4",
    }
    assert made == bill_of_materials(a_subject("tuned"), a_subject("base"), verdict, MEASURED, version="0.1.0")
    assert made["serialNumber"] != bill_of_materials(a_subject("other"), None, verdict, MEASURED, version="0.1.0")["serialNumber"]


def test_the_card_says_who_answers_and_what_fell() -> None:
    text = card_section(
        a_subject("tuned"), a_subject("base"), a_verdict((Decision.FAIL, True)), MEASURED, version="0.1.0", owner="Ada|Team"
    )
    # As the hub's own reader takes it.
    (result,) = getattr(ModelCard(text).data, "eval_results", None) or []
    assert (result.metric_type, result.metric_value, result.metric_name) == ("refusal_rate", 0.5, "refusal rate")
    assert result.metric_args == {"n": 100, "low": 0.4, "high": 0.6, "confidence": 0.95}
    assert "Who answers for the tuned model: Ada\\|Team." in text
    assert "| refusal_rate | default | +0.400 | +0.300 to +0.500 | 100 |" in text
    assert "It failed the policy `compare`." in text
    assert "Not measured: toxicity_mean." in text


def test_a_folder_without_weights_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="expected a model folder"):
        model_files(tmp_path)


def test_an_adapter_brings_its_own_files(tmp_path: Path) -> None:
    for name in ("base", "adapter"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(name.encode())
    fingerprint = a_subject("x").fingerprint
    names = [file.name for file in subject(f"{tmp_path}/base+{tmp_path}/adapter", fingerprint).files]
    assert names == ["model.safetensors", "adapter/model.safetensors"]
    assert subject("openai:model@http://127.0.0.1/v1", fingerprint).files == ()
