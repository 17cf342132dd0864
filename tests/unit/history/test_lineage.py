"""Parents above children, and what each step cost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.history.conftest import write_run

from holdfast.core import Decision, InputError
from holdfast.history import History, lineage, read_run


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History(f"sqlite:///{tmp_path / 'history.db'}") as opened:
        steps = [("root", "child", 0.1), ("child", "grandchild", 0.3), ("root", "other", 0.0), ("elsewhere", "far", 0.0)]
        for number, (base, tuned, drop) in enumerate(steps):
            opened.record(read_run(write_run(tmp_path / str(number), base, tuned, drop=drop)))
        yield opened


def test_a_model_stands_between_what_it_was_made_from_and_what_was_made_of_it(history: History) -> None:
    names = [step.model.reference for step in lineage(history, "child").steps]
    assert names == ["root", "child", "grandchild"]


def test_everything_is_shown_without_a_model(history: History) -> None:
    found = lineage(history)
    assert {step.model.reference for step in found.children(None)} == {"root", "elsewhere"}
    assert len(found.steps) == 6


def test_each_step_says_what_it_cost(history: History) -> None:
    by_name = {step.model.reference: step for step in lineage(history).steps}
    assert by_name["root"].drop is None
    assert by_name["child"].drop == pytest.approx(0.1)
    assert by_name["grandchild"].drop == pytest.approx(0.3)
    assert by_name["grandchild"].refusal == pytest.approx(0.6)
    assert by_name["grandchild"].decision is Decision.FAIL


def test_a_ring_of_comparisons_is_cut_where_it_would_close(tmp_path: Path) -> None:
    with History(f"sqlite:///{tmp_path / 'ring.db'}") as history:
        for number, (base, tuned) in enumerate([("a", "b"), ("b", "c"), ("c", "a")]):
            history.record(read_run(write_run(tmp_path / f"ring-{number}", base, tuned)))
        assert [step.model.reference for step in lineage(history, "b").steps] == ["a", "b", "c"]


def test_what_a_model_was_trained_from_beats_what_it_was_compared_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runs = [write_run(tmp_path / str(n), base, tuned) for n, (base, tuned) in enumerate([("root", "child"), ("root", "grandchild")])]
    child = read_run(runs[0]).models[1].id
    for name, parent in (("grandchild", child), ("child", "0" * 64)):
        (tmp_path / name).mkdir()
        card = {"kind": "trained model", "parents": [{"reference": "moved", "fingerprint": parent}], "steps": 3}
        (tmp_path / name / "holdfast.json").write_text(json.dumps(card), encoding="utf-8")
    with History(f"sqlite:///{tmp_path / 'trained.db'}") as history:
        for run in runs:
            history.record(read_run(run))
        steps = {Path(step.model.reference).name: step for step in lineage(history).steps}
        assert (steps["grandchild"].parent, steps["grandchild"].how) == (child, "train")
        # Nobody recorded what `child` was trained from, so it stands where it was compared.
        assert (steps["child"].parent, steps["child"].how) == (steps["root"].model.id, "compare")


def test_an_unknown_model_is_said_to_be_so(history: History) -> None:
    with pytest.raises(InputError, match="knows no model 'nobody'"):
        lineage(history, "nobody")
