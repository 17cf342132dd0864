"""What lies where a judge reference points is told by its bytes, in whatever form the reference names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.plugins import judge_contents, judge_stamps


def model(folder: Path, weights: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text("{}", encoding="utf-8")
    (folder / "model.safetensors").write_text(weights, encoding="utf-8")
    return folder


@pytest.mark.parametrize("form", ["{}", "classifier:{}", "guard/qwen3={}", "toxicity/insult={}", "rubric=classifier:{}"])
def test_other_weights_at_the_same_path_are_other_contents(form: str, tmp_path: Path) -> None:
    reference = form.format(model(tmp_path / "m", "one"))
    before, stamps = judge_contents(reference), judge_stamps(reference)
    assert before is not None
    assert (judge_contents(reference), judge_stamps(reference)) == (before, stamps)
    model(tmp_path / "m", "two")
    assert judge_contents(reference) not in (None, before)
    assert judge_stamps(reference) != stamps
    assert judge_contents(form.format(model(tmp_path / "moved", "one"))) == before
    (tmp_path / "moved" / "training.log").write_text("x", encoding="utf-8")
    assert judge_contents(form.format(tmp_path / "moved")) == before


@pytest.mark.parametrize("changed", ["base", "adapter"])
def test_base_and_adapter_both_count(changed: str, tmp_path: Path) -> None:
    base, adapter = model(tmp_path / "base", "b"), model(tmp_path / "adapter", "a")
    reference = f"guard/qwen3={base}+{adapter}"
    before = judge_contents(reference)
    model(tmp_path / changed, "other")
    assert judge_contents(reference) not in (None, before)
    assert judge_contents(f"guard/qwen3=hub:org/name@main+{adapter}") is None, "a hub id is taken as such"
    assert judge_contents(f"guard/qwen3=org/name+{adapter}") is not None


def test_a_recording_is_a_file(tmp_path: Path) -> None:
    recording = tmp_path / "a.jsonl"
    recording.write_text("1", encoding="utf-8")
    before = judge_contents(f"rubric=replay:{recording}")
    recording.write_text("2", encoding="utf-8")
    assert judge_contents(f"rubric=replay:{recording}") not in (None, before)


@pytest.mark.parametrize(
    "reference", ["refusal", "guard/qwen3", "org/name", "hub:org/name@main", "rubric=openai:m@http://host/v1", "rubric="]
)
def test_what_is_not_on_this_machine_has_no_contents(reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert (judge_contents(reference), judge_stamps(reference)) == (None, ())
