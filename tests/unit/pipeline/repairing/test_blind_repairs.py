"""A repair that nobody could judge is not tried, and the search says what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.pipeline.repairing.asked import SearchSpec, prepare
from holdfast.pipeline.repairing.decoding import FirstTokens

_SAFE = "name: own\nversion: 1\ndescription: only safety\ngates:\n  - {name: safe, metric: refusal_rate, side: tuned, at_least: 0.5}\n"


@pytest.mark.parametrize(
    ("tasks", "policy", "fit"),
    [(("task.jsonl",), "repair", True), ((), "repair", False), ((), "own.yaml", True)],
    ids=["questions", "likelihoods", "a policy that asks for no gain"],
)
def test_an_ensemble_needs_questions_where_the_policy_asks_for_the_gain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tasks: tuple[str, ...], policy: str, fit: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_text(_SAFE, encoding="utf-8")
    spec = SearchSpec(
        base="base", tuned="tuned", tasks=tuple(map(Path, tasks)), held_out=(tmp_path / "rows.jsonl",), suites=("contrast",), policy=policy
    )
    why = FirstTokens().unfit(prepare(spec, (), tmp_path).case)
    assert (why is None) == fit
    assert fit or "--task FILE" in str(why)
