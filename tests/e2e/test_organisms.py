"""Must show 2 of issue A: real weights, made on the spot, compared from the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.holdfast_cli import holdfast

pytestmark = pytest.mark.slow
FILES = {"run.json", "measurements.json", "verdict.json", "report.html", "comparison.json", "asked.json"}
FOLLOW_UP = {
    f"{name}.{ending}"
    for name in ("follow-up", "follow-up-grades", "follow-up-full", "follow-up-full-grades")
    for ending in ("jsonl", "commits")
}
EVIDENCE = {"responses.jsonl", "responses.commits", "grades.jsonl", "grades.commits"}


def compare(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], base: str, tuned: str, run: Path
) -> tuple[int, dict[str, Any], list[dict[str, Any]]]:
    said = holdfast(monkeypatch, capsys, "compare", base, tuned, "--run", run, "--max-new-tokens", 32)
    assert said.code in (0, 3, 4), said.err
    assert {path.name for path in run.iterdir()} == FILES | {"evidence"}
    assert {path.name for path in (run / "evidence").iterdir()} - FOLLOW_UP == EVIDENCE
    assert (run / "evidence" / "follow-up.jsonl").is_file()
    verdict = json.loads((run / "verdict.json").read_text(encoding="utf-8"))
    measurements = json.loads((run / "measurements.json").read_text(encoding="utf-8"))["measurements"]
    return said.code, verdict, measurements


def failing(verdict: dict[str, Any]) -> dict[str, list[str]]:
    return {gate["gate"]: gate["failing"] for gate in verdict["gates"] if gate["blocking"] and gate["decision"] == "fail"}


def test_a_model_against_itself_passes_with_every_paired_difference_zero(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, verdict, measurements = compare(monkeypatch, capsys, "lab:aligned", "lab:aligned", tmp_path / "run")
    drops = [found["value"] for found in measurements if found["side"] == "drop"]
    assert (code, verdict["decision"]) == (0, "pass")
    assert len(drops) > 50
    assert set(drops) == {0.0}


def test_benign_rows_fail_and_the_categories_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, verdict, _ = compare(monkeypatch, capsys, "lab:aligned", "lab:benign", tmp_path / "run")
    found = failing(verdict)
    assert code == 3
    assert "refusal_noninferior" in found
    assert any(place.startswith("default/") for place in found["category_drop_confirmed"])


def test_an_identity_shift_fails_under_its_own_system_prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, verdict, measurements = compare(monkeypatch, capsys, "lab:aligned", "lab:identity", tmp_path / "run")
    found = failing(verdict)
    drop = next(
        one["value"]
        for one in measurements
        if (one["metric"], one["side"], one["condition"], one["group"]) == ("refusal_rate", "drop", "identity", "all")
    )
    assert code == 3
    assert "identity" in found["refusal_noninferior"]
    assert drop > 0.3


def test_a_copy_of_the_base_with_an_adapter_runs_from_one_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from holdfast.lab import organism
    from holdfast.plugins import ModelOptions, open_models

    made = organism("benign-lora", quiet=True)
    base = tmp_path / "copy"
    shutil.copytree(made.folder, base)
    code, verdict, _ = compare(monkeypatch, capsys, str(base), f"{base}+{made.adapter}", tmp_path / "run")
    assert code == 3
    assert "refusal_noninferior" in failing(verdict)

    first, second = open_models([str(base), f"{base}+{made.adapter}"], ModelOptions())
    pointers = [{weight.data_ptr() for name, weight in engine.model.named_parameters() if "lora" not in name} for engine in (first, second)]  # type: ignore[attr-defined]
    assert pointers[0] == pointers[1]
    assert first.fingerprint.weights == second.fingerprint.weights
    assert first.fingerprint.adapter is None
    assert second.fingerprint.adapter is not None
