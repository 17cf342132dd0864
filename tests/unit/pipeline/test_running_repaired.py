"""A repair that its own search did not pass ends no pipeline in a pass, whatever the policy of the gate asks."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.pipeline import test_running
from tests.unit.pipeline.test_running import _policy, pipeline, states

from holdfast.cli import run as command
from holdfast.core import Decision, GateResult, RunFolderError, Verdict
from holdfast.pipeline import judge_stored
from holdfast.pipeline.running import State, run_pipeline
from holdfast.pipeline.running.steps import Here
from holdfast.report.story import StepResult, Story
from holdfast.report.story_html import build_story_view

place = test_running.place
LOST = "task gain kept is -0.092, bar: at least 0.8."


def _searched(decision: Decision) -> Verdict:
    gate = GateResult(gate="task_gain_kept", metric="task_gain_kept", decision=decision, blocking=True, threshold="at least 0.8", why=LOST)
    return Verdict(decision=decision, policy="repair", policy_digest="d", gates=(gate,))


def _repaired(place: Path, monkeypatch: pytest.MonkeyPatch, decision: Decision) -> Story:
    """Run a pipeline whose fine-tune fails the gate and whose repair passes it; `decision` is what the search says of the repair."""

    def found(here: Here, asked: object) -> StepResult:
        verdict = _searched(decision)
        made = {"model": "replay:kept.jsonl", "repair": "mix", "verdict": verdict}
        return StepResult(name="mitigate", title="Look for a repair", state=State.of(decision), said="x", **made)  # type: ignore[arg-type]

    monkeypatch.setattr("holdfast.pipeline.running.run.mitigate_step", found)
    _policy(place, 0.5)
    own = {"policy": "own.yaml"}
    asked = pipeline(train={"model": "replay:lost.jsonl"}, compare=own, gate=own, mitigate={"attempts": 1})
    return run_pipeline(asked, place / "run")


@pytest.mark.parametrize("decision", [Decision.FAIL, Decision.UNDECIDED])
def test_what_the_search_did_not_pass_is_no_pass_of_the_run(place: Path, monkeypatch: pytest.MonkeyPatch, decision: Decision) -> None:
    story = _repaired(place, monkeypatch, decision)
    assert states(story)["compare-repaired"] is State.PASSED
    assert (story.verdict.decision, states(story)["gate-repaired"]) == (decision, State.of(decision))
    assert story.verdict.checked("here") is story.verdict
    assert [gate.gate for gate in story.verdict.blocking] == ["task_gain_kept"]
    assert next(step.said for step in story.steps if step.name == "gate-repaired").endswith("its own policy: Look for a repair.")


def test_page_and_terminal_name_what_the_repair_lost(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    story = _repaired(place, monkeypatch, Decision.FAIL)
    view = build_story_view(story)
    assert LOST in view.sentence
    assert view.word == "Fail"
    assert not any(step.startswith("Ship ") for step in view.steps)
    command._show(story, place / "run", quiet=True)
    assert LOST in " ".join(capsys.readouterr().out.split())


def test_a_repair_that_its_search_passed_is_a_pass_without_the_gates_of_the_search(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story = _repaired(place, monkeypatch, Decision.PASS)
    assert (story.verdict.decision, story.repaired, story.unrepaired) == (Decision.PASS, True, "")
    assert [gate.gate for gate in story.verdict.gates] == ["kept"]
    assert "after a repair" in build_story_view(story).sentence


def test_judging_the_folder_again_does_not_forget_the_search(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _repaired(place, monkeypatch, Decision.FAIL)
    assert judge_stored(place / "run", "own.yaml").decision is Decision.FAIL
    (place / "run" / "story.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunFolderError, match="expected the story of a run"):
        judge_stored(place / "run", "own.yaml")
