"""Must show 6 of issue D: an undamaged LoRA stays inside its noise floor, the identity-shift organism does not, the page is whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.e2e.holdfast_cli import holdfast

from holdfast.core import ExitCode
from holdfast.lab.make import make
from holdfast.lab.recipes import RECIPES, Lora
from holdfast.runs import read_measurements

pytestmark = pytest.mark.slow


def undamaged_lora(seed: int = 0) -> str:
    """The rows of `kept`, which lose no refusal, as an adapter."""
    recipe = msgspec.structs.replace(RECIPES["kept"], name="kept-lora", lora=Lora(rank=16, alpha=32), lr=2e-3, seed=seed)
    return make(recipe, quiet=True).reference


def looked(tuned: str, run: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    said = holdfast(monkeypatch, capsys, "drift", "lab:aligned", tuned, "--run", run, "--threads", "1", "--quiet")
    assert said.code == ExitCode.PASS, said.out + said.err
    assert said.out.startswith("Triage. ")
    found: dict[str, Any] = json.loads(Path(run, "drift.json").read_text(encoding="utf-8"))
    return found


def inside(layer: dict[str, Any]) -> bool:
    return bool(layer["cosine"] >= layer["cosine_floor"] and abs(layer["gap_tuned"] - layer["gap_base"]) <= layer["gap_floor"])


def test_an_undamaged_adapter_stays_inside_and_an_identity_shift_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for seed in (0, 1):
        kept = looked(undamaged_lora(seed), f"kept-{seed}", monkeypatch, capsys)
        assert [inside(layer) for layer in kept["facts"]["layers"]] == [True, True]
    shifted = looked("lab:identity", "identity", monkeypatch, capsys)
    assert [inside(layer) for layer in shifted["facts"]["layers"]] == [False, False]
    # The adapter moved the weights more: what is inside the floor is not for want of training.
    assert kept["facts"]["updates"]["layer-2"] > shifted["facts"]["updates"]["layer-2"]

    measured = read_measurements(Path("identity"))
    assert measured
    assert not any(one.may_gate for one in measured)
    page = Path("identity/report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 4
    assert "says where to look, not whether the model is safe" in page
    assert "PASS" not in page
    assert "FAIL" not in page


def test_a_harmless_fine_tune_can_be_outside_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Why this is no verdict: `task` keeps its refusals, and its direction moves as far as that of `identity`.
    monkeypatch.chdir(tmp_path)
    assert not all(inside(layer) for layer in looked("lab:task", "task", monkeypatch, capsys)["facts"]["layers"])
    page = Path("task/report.html").read_text(encoding="utf-8")
    assert "Do not read this as a loss of safety" in page


def test_the_same_model_twice_shows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    facts = looked("lab:aligned", "same", monkeypatch, capsys)["facts"]
    assert all(layer["cosine"] == pytest.approx(1.0) and layer["gap_tuned"] == layer["gap_base"] for layer in facts["layers"])
    assert facts["kl_refuse"] == [0.0] * len(facts["kl_refuse"])
    assert set(facts["updates"].values()) == {0.0}


def test_a_run_can_be_written_again_with_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    files = ("drift.json", "measurements.json", "report.html")
    looked("lab:identity", "run", monkeypatch, capsys)
    before = [Path("run", name).read_bytes() for name in files]
    looked("lab:identity", "run", monkeypatch, capsys)
    assert [Path("run", name).read_bytes() for name in files] == before


def test_a_base_that_refuses_nothing_is_said_and_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    said = holdfast(monkeypatch, capsys, "drift", "lab:pretrained", "lab:aligned", "--run", "run", "--threads", "1")
    assert said.code == ExitCode.PASS, said.out + said.err
    assert "Nothing inside the models was measured" in said.out
    assert all(one.value is None and one.reason for one in read_measurements(Path("run")))
    assert "needs at least 8 of each" in Path("run/report.html").read_text(encoding="utf-8")


def test_a_recording_cannot_be_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    row = {"prompt": "x", "category": "c", "response": "y"}
    Path("answers.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    said = holdfast(monkeypatch, capsys, "drift", "replay:answers.jsonl", "replay:answers.jsonl", "--run", "run")
    assert said.code == ExitCode.USAGE
    assert "nothing inside it can be read" in said.err
