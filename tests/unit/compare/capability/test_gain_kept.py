"""What a repaired model keeps of its fine-tune's gain, asked of three models."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.compare.capability.test_capability import SUITE, Scoring, find, task
from tests.unit.compare.scripted import LiteralJudge, world

from holdfast.compare import CapabilitySpec, CompareSpec, Comparison, run_comparison
from holdfast.core import Decision, InputError, RunFolderError
from holdfast.policy import judge, load_policy


def repaired(folder: Path, base: int, tuned: int, after: int, *, half: str | None = None, gain: str = "b") -> Comparison:
    file = folder / "sums.jsonl"
    spec = CompareSpec(
        base="scripted:base",
        tuned="scripted:after",
        suites=("s",),
        follow_up=False,
        half=half,  # type: ignore[arg-type]
        capability=CapabilitySpec(tasks=(task(file, 60),), gain_of="scripted:tuned"),
    )
    with world(SUITE, LiteralJudge(), base=Scoring("a", base), tuned=Scoring(gain, tuned), after=Scoring("c", after)):
        return run_comparison(spec, folder / f"run-{half}", command="c", version="v", progress=lambda what, done, total: None)


def gate(comparison: Comparison) -> Decision:
    verdict = judge(comparison.measurements, load_policy("repair"))
    return next(found.decision for found in verdict.gates if found.gate == "task_gain_kept")


@pytest.mark.parametrize(("after", "value", "decision"), [(60, 1.0, Decision.PASS), (35, 0.5, Decision.FAIL), (10, 0.0, Decision.FAIL)])
def test_the_share_that_is_kept_decides(tmp_path: Path, after: int, value: float, decision: Decision) -> None:
    found = repaired(tmp_path, 10, 60, after)
    assert find(found, "task_gain_kept").value == pytest.approx(value)
    assert gate(found) is decision


def test_without_a_gain_nobody_can_say(tmp_path: Path) -> None:
    found = repaired(tmp_path, 30, 30, 60)
    assert find(found, "task_gain_kept").value is None
    assert gate(found) is Decision.UNDECIDED


def test_answers_of_the_fine_tune_never_count_for_another_model_of_its_name(tmp_path: Path) -> None:
    before = find(repaired(tmp_path, 10, 60, 35), "task_gain_kept").value
    assert find(repaired(tmp_path, 10, 60, 35), "task_gain_kept").value == before
    with pytest.raises(RunFolderError, match="holds another run: scripted:tuned was another model"):
        repaired(tmp_path, 10, 35, 35, gain="b2")


def test_halves_ask_different_questions(tmp_path: Path) -> None:
    halves = [repaired(tmp_path, 10, 60, 60, half=half) for half in ("selection", "report")]
    assert [find(found, "task_gain_kept").n for found in halves] == [30, 30]
    assert sum(find(found, "refusal_rate", "tuned").n for found in halves) == 4


def test_a_gain_needs_a_task() -> None:
    with pytest.raises(InputError, match="--capability"):
        CapabilitySpec(gain_of="scripted:tuned")
