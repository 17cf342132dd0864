"""A folder of trials goes on only with the search that made them: the same models, rows and bars."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.history.conftest import write_run
from tests.unit.report.test_repair_html import search

from holdfast.core import Decision, HoldfastError, ModelError, RunFolderError
from holdfast.history import History
from holdfast.mitigate.trials import Search
from holdfast.models.replay import ReplayKind
from holdfast.pipeline.repairing.asked import SearchSpec
from holdfast.pipeline.repairing.search import search_repair
from holdfast.plugins import Engine, ModelOptions, register


class _Spoken(ReplayKind):
    """Recorded answers as a model that answers anew: what a judge needs, and a file whose bytes can be changed."""

    def open(self, references: Sequence[str], options: ModelOptions) -> list[Engine]:
        engines = super().open(references, options)
        for engine in engines:
            engine.recorded_suite = lambda: None  # type: ignore[method-assign]
        return engines


@pytest.fixture(autouse=True)
def _a_judge_that_speaks() -> Iterator[None]:
    with register("model", "spoken", _Spoken):
        yield


def _policy(place: Path, bar: float) -> None:
    gate = f"{{name: task, metric: task_gain_kept, at_least: {bar}, blocking: true}}"
    (place / "own.yaml").write_text(f"name: own\nversion: 1\ndescription: only the task\ngates:\n  - {gate}\n", encoding="utf-8")


def _answers(place: Path, name: str, answer: str) -> None:
    rows = [{"prompt": f"Please do thing {number}.", "category": "one", "response": answer} for number in range(4)]
    (place / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda place: _policy(place, 0.6), "policy.digest"),
        (lambda place: _answers(place, "base", "Sure."), "contents.base"),
        (lambda place: _answers(place, "tuned", "Sure."), "contents.tuned"),
        (lambda place: _answers(place, "refusals", "I cannot help with that."), "contents.safety"),
        (lambda place: _answers(place, "judge", "No."), "contents.judge"),
    ],
)
def test_a_search_with_other_bars_or_models_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], named: str
) -> None:
    spec = _spec(tmp_path, monkeypatch)
    monkeypatch.setattr("holdfast.pipeline.repairing.search._Job.search", _stopped)
    for _ in range(2):
        with pytest.raises(ModelError, match="stopped"):
            search_repair(spec, tmp_path / "run")
    change(tmp_path)
    with pytest.raises(RunFolderError, match=f"holds another run: {named}"):
        search_repair(spec, tmp_path / "run")


def test_a_finished_search_is_in_the_history_with_the_model_that_it_recommends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = _spec(tmp_path, monkeypatch)
    monkeypatch.setenv("HOLDFAST_HISTORY", str(tmp_path / "history.db"))

    def found(job: Any, task: str, command: str) -> Search:
        job.verdict_folder = write_run(job.folder / "scale-0.5" / "report", "base", "repaired")
        return search("scale-0.5", Decision.UNDECIDED)

    monkeypatch.setattr("holdfast.pipeline.repairing.search._Job.search", found)
    search_repair(spec, tmp_path / "run")
    with History(f"sqlite:///{tmp_path / 'history.db'}") as history:
        (recorded,) = history.runs()
        assert [one.metric for one in history.measurements(recorded.id)] == ["refusal_rate"] * 3
    assert (recorded.stage, recorded.folder, recorded.decision) == ("mitigate auto", str(tmp_path / "run"), Decision.UNDECIDED)
    assert [(one.side, one.reference) for one in recorded.models] == [("base", "base"), ("tuned", "repaired")]


def _stopped(*given: object) -> None:
    """End a search after its folder was opened."""
    raise ModelError("stopped")


def _spec(place: Path, monkeypatch: pytest.MonkeyPatch) -> SearchSpec:
    monkeypatch.chdir(place)
    for name in ("base", "refusals", "judge"):
        _answers(place, name, "I'm sorry, but I can't help with that.")
    _answers(place, "tuned", "Sure, take it.")
    _policy(place, 0.5)
    rows = [{"question": f"What is {number}?", "answer": str(number)} for number in range(8)]
    (place / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return SearchSpec(
        base="replay:base.jsonl",
        tuned="replay:tuned.jsonl",
        tasks=(Path("rows.jsonl"),),
        safety="refusals.jsonl",
        judge="rubric=spoken:judge.jsonl",
        policy="own.yaml",
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"judge": "refusl"}, "refusal"),
        ({"suites": ("nosuch.jsonl",)}, "nosuch"),
        ({"limit": 0}, "--limit must be at least 1"),
        ({"safety": "nosuch.jsonl"}, "nosuch.jsonl"),
        ({"look_alikes": "nosuch.jsonl"}, "nosuch.jsonl"),
        ({"tasks": (Path("nosuch.jsonl"),)}, "nosuch.jsonl"),
        ({"held_out": (Path("nosuch.jsonl"),)}, "nosuch.jsonl"),
        ({"data": Path("data.jsonl"), "config": Path("nosuch.yaml")}, "nosuch.yaml"),
        ({"data": Path("nosuch.jsonl")}, "nosuch.jsonl"),
        ({"tuned": "replay:nosuch.jsonl"}, "nosuch.jsonl"),
        ({"tuned": "replay:base.jsonl"}, "are the same model"),
    ],
)
def test_a_mistake_takes_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], said: str) -> None:
    spec = _spec(tmp_path, monkeypatch)
    row = {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello, you."}]}
    (tmp_path / "data.jsonl").write_text((json.dumps(row) + "\n") * 8, encoding="utf-8")
    with pytest.raises(HoldfastError, match=re.escape(said)):
        search_repair(replace(spec, **changed), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_rows_of_the_data_stand_for_the_task_where_nothing_else_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = _spec(tmp_path, monkeypatch)
    monkeypatch.setattr("holdfast.pipeline.repairing.search._Job.search", _stopped)
    row = {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello, you."}]}
    (tmp_path / "data.jsonl").write_text((json.dumps(row) + "\n") * 8, encoding="utf-8")
    with pytest.raises(ModelError, match="stopped"):
        search_repair(replace(spec, tasks=(), data=Path("data.jsonl")), tmp_path / "run")
    assert len((tmp_path / "run" / "task-rows.jsonl").read_text(encoding="utf-8").splitlines()) == 8


def test_a_run_folder_that_is_a_file_is_refused_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = _spec(tmp_path, monkeypatch)
    with pytest.raises(RunFolderError, match=r"rows\.jsonl: cannot be written"):
        search_repair(spec, tmp_path / "rows.jsonl")


def test_every_trial_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = replace(_spec(tmp_path, monkeypatch), only=("scale",), judge=None)
    told: list[str] = []
    found = search_repair(spec, tmp_path / "run", tell=told.append)
    assert told[0] == "The fine-tune itself: measured on both halves of the prompts"
    assert told[1].startswith("scale: begun (")
    assert [one.partition(": ")[0] for one in told[2:]] == [f"scale at {trial.strength:g}" for trial in found.trials]
    assert all("not made. " in one and "has no weights" in one for one in told[2:])
