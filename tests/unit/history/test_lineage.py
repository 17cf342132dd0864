"""Parents above children, and what each step cost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from tests.unit.history.conftest import fingerprint, write_run

from holdfast.compare.capability.gains import GAIN_SIDE
from holdfast.compare.named import _LOG
from holdfast.core import Decision, InputError
from holdfast.history import History, lineage, read_run
from holdfast.history.reading import _REPAIRED
from holdfast.report.history_terminal import print_lineage
from holdfast.view.graph import build_graph


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


def test_a_repair_stands_under_the_fine_tune_that_it_repairs(tmp_path: Path) -> None:
    repaired = write_run(tmp_path / "repaired", "root", "repaired")
    named = {"reference": "child", "fingerprint": fingerprint("child")}
    (repaired / "evidence").mkdir()
    (repaired / "evidence" / "models-repaired from.jsonl").write_bytes(msgspec.json.encode(named) + b"\n")
    with History(f"sqlite:///{tmp_path / 'repairs.db'}") as history:
        history.record(read_run(repaired))
        history.record(read_run(write_run(tmp_path / "first", "root", "child", drop=0.3)))
        steps = {step.model.reference: step for step in lineage(history).steps}
    assert (steps["repaired"].parent, steps["repaired"].how) == (fingerprint("child").digest, "mitigate")
    assert (steps["child"].parent, steps["child"].how) == (fingerprint("root").digest, "compare")


def test_the_file_of_the_repaired_model_is_the_one_that_a_comparison_writes() -> None:
    assert f"{_LOG}-{GAIN_SIDE}.jsonl" == _REPAIRED


def test_rates_of_two_judges_say_whose_they_are(tmp_path: Path) -> None:
    with History(f"sqlite:///{tmp_path / 'judges.db'}") as history:
        for number, (base, tuned) in enumerate([("root", "child"), ("child", "grandchild")]):
            run = read_run(write_run(tmp_path / str(number), base, tuned))
            judged = tuple(msgspec.structs.replace(one, judge=f"judge-{number}") for one in run.measurements)
            history.record(msgspec.structs.replace(run, measurements=judged), now=datetime(2026, 11, 20 + number, tzinfo=UTC))
        found = lineage(history)
    assert {step.model.reference: step.judge for step in found.steps} == {"root": "judge-0", "child": "judge-1", "grandchild": "judge-1"}
    assert found.judges == ("judge-0", "judge-1")
    console = Console(record=True, width=200)
    print_lineage(found, console=console)
    assert "refuses 90.0% by judge-0" in console.export_text()
    assert [node.judge for node in build_graph(found).nodes] == ["judge-0", "judge-1", "judge-1"]


def test_a_pipeline_has_the_models_of_its_last_comparison(tmp_path: Path) -> None:
    root = write_run(tmp_path / "pipeline", "x", "y", stage="run")
    manifest = json.loads((root / "run.json").read_text(encoding="utf-8"))
    (root / "run.json").write_text(json.dumps({**manifest, "asked": {"name": "mine"}}), encoding="utf-8")
    for name, tuned in (("compare-1", "lost"), ("compare-repaired-2", "mended")):
        write_run(root / name, "root", tuned)
    steps = [{"name": "compare", "folder": "compare-1"}, {"name": "compare-repaired", "folder": "compare-repaired-2"}, {"name": "gate"}]
    story = root / "story.json"
    for model, sides in (("mended", ["root", "mended"]), ("lost", ["root", "lost"]), ("elsewhere", [])):
        story.write_text(json.dumps({"model": model, "steps": steps}), encoding="utf-8")
        run = read_run(root)
        assert [one.reference for one in run.models] == sides
        assert run.edges == ()
    outside = write_run(tmp_path / "outside", "root", "mended")
    story.write_text(json.dumps({"model": "mended", "steps": [{"name": "compare", "folder": f"../{outside.name}"}]}), encoding="utf-8")
    assert read_run(root).models == ()


def test_an_unknown_model_is_said_to_be_so(history: History) -> None:
    with pytest.raises(InputError, match="knows no model 'nobody'"):
        lineage(history, "nobody")
