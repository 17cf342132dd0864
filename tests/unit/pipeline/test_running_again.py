"""Where only the policy of a step was changed, the run judges again what it found, and asks nobody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.pipeline import test_running
from tests.unit.pipeline.test_running import pipeline

from holdfast.compare import run_comparison
from holdfast.core import Measurement, pretty_json
from holdfast.pipeline.running import PipelineConfig, run_pipeline
from holdfast.pipeline.running.judged_again import is_finished
from holdfast.report.story import StepResult
from holdfast.runs import Manifest, unfinished

place = test_running.place
_policy = test_running._policy


def test_a_comparison_of_which_something_is_to_come_still_is_gone_on_with(tmp_path: Path) -> None:
    number = Measurement.of("refusal_rate", 0.9, n=40, side="tuned")
    assert is_finished(tmp_path, (number,))
    assert not is_finished(tmp_path, (number, unfinished("follow-up", "it did not come")))
    asked = Manifest(stage="compare", holdfast="1", command="c", seed=0, asked={"follow_up": True})
    (tmp_path / "run.json").write_bytes(pretty_json(asked))
    assert not is_finished(tmp_path, (number,))


def test_a_step_that_is_not_finished_is_not_taken_for_done(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _compared(pipeline(), place / "run")
    asked: list[int] = []

    def counted(*given: Any, **named: Any) -> Any:
        asked.append(1)
        return run_comparison(*given, **named)

    monkeypatch.setattr("holdfast.pipeline.comparing.run_comparison", counted)
    assert _compared(pipeline(), place / "run") == first
    assert asked == []
    for module in ("run", "judged_again"):
        monkeypatch.setattr(f"holdfast.pipeline.running.{module}.is_finished", lambda folder, measured: False)
    assert _compared(pipeline(), place / "run") == first
    assert asked == [1]


@pytest.mark.parametrize("policy", ["own.yaml", "around.yaml"])
def test_a_policy_whose_bar_was_raised_judges_the_comparison_again(place: Path, policy: str) -> None:
    _policy(place, 0.5)
    config = pipeline(compare={"policy": policy}, train={"model": "replay:kept.jsonl"})
    first = _compared(config, place / "run")
    assert _compared(config, place / "run") == first
    _policy(place, 0.6)
    second = _compared(config, place / "run")
    assert second.verdict is not None
    assert first.verdict is not None
    assert [gate.threshold for gate in second.verdict.gates] != [gate.threshold for gate in first.verdict.gates]


def _compared(config: PipelineConfig, folder: Path) -> StepResult:
    (step,) = [step for step in run_pipeline(config, folder).steps if step.name == "compare"]
    return step


def test_a_changed_policy_judges_what_was_found_and_opens_no_model(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _policy(place, 0.5)
    first = _compared(pipeline(), place / "run")

    def opened(*given: object, **named: object) -> object:
        raise AssertionError("a model was opened")

    monkeypatch.setattr("holdfast.pipeline.comparing.run_comparison", opened)
    changed = {"policy": "own.yaml", "on_fail": "warn"}
    second = _compared(pipeline(compare=changed, scan={"on_fail": "stop"}), place / "run")
    assert (second.key, second.folder, second.measurements) == (first.key, first.folder, first.measurements)
    assert second.verdict is not None
    assert second.verdict.policy == "own"
    assert second.folder is not None
    inside = place / "run" / second.folder
    assert json.loads((inside / "verdict.json").read_text(encoding="utf-8"))["policy"] == "own"
    assert "own.yaml" in (inside / "report.html").read_text(encoding="utf-8")
    for policy, name in (("compare", "compare"), ("own.yaml", "own")):
        again = _compared(pipeline(compare={**changed, "policy": policy}), place / "run")
        assert again.verdict is not None
        assert again.verdict.policy == name == json.loads((inside / "verdict.json").read_text(encoding="utf-8"))["policy"]


def test_a_comparison_that_was_changed_since_is_asked_again_for_another_policy(place: Path) -> None:
    _policy(place, 0.5)
    first = _compared(pipeline(), place / "run")
    stored = place / "run" / str(first.folder) / "comparison.json"
    stored.write_text(stored.read_text(encoding="utf-8").replace('"value": 1.0', '"value": 0.9'), encoding="utf-8")
    second = _compared(pipeline(compare={"policy": "own.yaml"}), place / "run")
    assert second.measurements == first.measurements
    assert '"value": 0.9' not in stored.read_text(encoding="utf-8")
