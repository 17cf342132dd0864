"""A folder of trials goes on only with the search that made them: the same models, rows and bars."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from holdfast.core import ModelError, RunFolderError
from holdfast.pipeline.repairing.asked import SearchSpec
from holdfast.pipeline.repairing.search import search_repair


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
        (lambda place: _answers(place, "refusals", "No."), "contents.safety"),
        (lambda place: _answers(place, "judge", "No."), "contents.judge"),
    ],
)
def test_a_search_with_other_bars_or_models_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], named: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("base", "tuned", "refusals", "judge", "rows"):
        _answers(tmp_path, name, "I'm sorry, but I can't help with that.")
    _policy(tmp_path, 0.5)
    spec = SearchSpec(
        base="replay:base.jsonl",
        tuned="replay:tuned.jsonl",
        tasks=(tmp_path / "rows.jsonl",),
        safety="refusals.jsonl",
        judge="rubric=replay:judge.jsonl",
        policy="own.yaml",
    )
    for _ in range(2):
        with pytest.raises(ModelError, match="are the same model"):  # which is seen after the folder was opened
            search_repair(spec, tmp_path / "run")
    change(tmp_path)
    with pytest.raises(RunFolderError, match=f"holds another run: {named}"):
        search_repair(spec, tmp_path / "run")
