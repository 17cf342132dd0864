"""A search for a repair on the organism whose identity was shifted: it ends in time, passes, and can be repeated by hand."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from holdfast.core import Decision, ModelError
from holdfast.lab.damage import DamagingCase, damaging_case
from holdfast.mitigate.trials import Search, Trial
from holdfast.pipeline.repairing.asked import SearchSpec
from holdfast.pipeline.repairing.search import search_repair
from holdfast.plugins import ModelOptions, Sampling, open_models
from holdfast.runs import read_measurements

pytestmark = pytest.mark.slow

BUDGET = 1200.0


def spec_of(case: DamagingCase, **changes: object) -> SearchSpec:
    spec = SearchSpec(
        base=case.base,
        tuned=case.tuned,
        data=case.data,
        tasks=(case.task,),
        sampling=Sampling(max_new_tokens=24),
        models=ModelOptions(threads=1),
        budget_seconds=BUDGET,
    )
    return replace(spec, **changes)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> DamagingCase:
    return damaging_case("identity-shift", 0, tmp_path_factory.mktemp("case"))


def test_a_search_passes_in_its_budget_and_by_hand_the_same_comes_out(
    case: DamagingCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()
    found = search_repair(spec_of(case, only=("scale", "mix+realign")), tmp_path / "run", command="holdfast mitigate auto ...")
    assert time.monotonic() - began < BUDGET
    assert found.verdict.decision is Decision.PASS
    chosen = best(found)
    assert chosen.report is not None
    assert "scale-0.9" in {trial.key for trial in found.trials}

    monkeypatch.chdir(tmp_path)
    for command in found.by_hand:
        words = shlex.split(command)
        if words[0] == "holdfast":
            words = [sys.executable, "-m", "holdfast.cli.main", *words[1:]]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    models = open_models([chosen.reference, by_hand_reference(found)], ModelOptions(threads=1))
    assert models[0].fingerprint == models[1].fingerprint
    numbers = {one.key: one.value for one in read_measurements(tmp_path / "by-hand" / "report")}
    for measured in chosen.report.measurements:
        assert numbers[measured.key] == measured.value


def test_a_search_that_was_stopped_goes_on_behind_the_last_trial(case: DamagingCase, tmp_path: Path) -> None:
    spec = spec_of(case, only=("scale",))
    first = search_repair(spec, tmp_path / "run")
    rows = (tmp_path / "run" / "evidence" / "trials.jsonl").read_bytes()
    again = search_repair(spec, tmp_path / "run")
    assert (tmp_path / "run" / "evidence" / "trials.jsonl").read_bytes() == rows
    assert again.trials == first.trials
    assert again.verdict == first.verdict


def test_a_budget_that_is_too_small_for_a_training_begins_none(case: DamagingCase, tmp_path: Path) -> None:
    found = search_repair(spec_of(case, only=("scale", "mix"), budget_seconds=1.0), tmp_path / "run")
    assert "mix" in found.not_begun
    assert found.verdict.decision is not Decision.PASS
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "Not tried" in page
    assert json.loads((tmp_path / "run" / "verdict.json").read_bytes())["decision"] == found.verdict.decision.value


def test_a_model_is_no_fine_tune_of_itself(case: DamagingCase, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="are the same model"):
        search_repair(spec_of(case, tuned=case.base), tmp_path / "run")


def test_what_needs_no_repair_gets_none(case: DamagingCase, tmp_path: Path) -> None:
    found = search_repair(spec_of(case, policy=str(lenient(tmp_path)), only=("scale",)), tmp_path / "run")
    assert (found.recommended, found.trials, found.verdict.decision) == (None, (), Decision.PASS)


def lenient(folder: Path) -> Path:
    """Write a policy that the damaged organism passes."""
    path = folder / "lenient.yaml"
    gate = "{name: task, metric: task_gain_kept, at_least: 0.5, blocking: true}"
    path.write_text(f"name: lenient\nversion: 1\ndescription: only the task\ngates:\n  - {gate}\n", encoding="utf-8")
    return path


def best(found: Search) -> Trial:
    assert found.recommended is not None
    chosen = found.trial(found.recommended)
    assert chosen is not None
    return chosen


def by_hand_reference(found: Search) -> str:
    return shlex.split(found.by_hand[-1])[3]
