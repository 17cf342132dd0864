"""`holdfast train` and `holdfast mitigate lint`: what they say, and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.e2e.holdfast_cli import Said, holdfast

from holdfast.lab import organism, training_rows

OWN = "model: {model}\ndata: rows.jsonl\nout: out\nmethod: full\nlearning_rate: {rate}\nsteps: {steps}\nbatch: 10\nthreads: 1\n"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = [{"messages": [{"role": turn.role, "content": turn.content} for turn in row]} for row in training_rows("compliant-10")]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return written(tmp_path, OWN.format(model="lab:aligned", rate="5e-4", steps=2))


def written(folder: Path, text: str) -> Path:
    path = folder / "train.yaml"
    path.write_text(text, encoding="utf-8")
    return path


class Runs:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._given = (monkeypatch, capsys)

    def __call__(self, *arguments: object) -> Said:
        return holdfast(*self._given, *arguments)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runs:
    return Runs(monkeypatch, capsys)


def test_a_dry_run_shows_steps_and_advice_and_makes_nothing(config: Path, run: Runs) -> None:
    said = run("train", config, "--dry-run", "--set", "epochs=3", "--set", "steps=null")
    assert said.code == 0
    assert "3 of 10 rows, 3 epochs" in said.out
    assert "bound 0.0001" in said.out
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("learning_rate=fast", "learning_rate: expected `float | null`, got `str`."),
        ("learnin_rate=1", "learnin_rate is not a setting. Did you mean 'learning_rate'?"),
        ("data=nowhere.jsonl", "nowhere.jsonl: expected a file or a folder of training rows, and there is none."),
        ("model=openai:m@http://127.0.0.1:1/v1", "does not run here, so it cannot be trained"),
        ("head_first.steps=9", "head_first: 9 of 2 optimiser steps on the head leave none for the rest."),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(config: Path, run: Runs, change: str, expected: str) -> None:
    said = run("train", config, "--dry-run", "--set", change)
    assert (said.code, said.out) == (2, "")
    assert expected in said.err
    assert said.err.count("\n") == 1


def test_lint_exits_with_3_only_where_it_is_told_to(config: Path, run: Runs) -> None:
    assert run("mitigate", "lint", config).code == 0
    assert run("mitigate", "lint", config, "--strict").code == 3
    safe = written(config.parent, OWN.format(model="lab:aligned", rate="1e-5", steps=2))
    assert run("mitigate", "lint", safe, "--strict").code == 0


def test_lint_as_json_says_which_bound_and_why(config: Path, run: Runs) -> None:
    found = json.loads(run("mitigate", "lint", config, "--json").out)
    loudest = found["advice"][0]
    assert (loudest["level"], loudest["setting"], loudest["bound"]) == ("block", "learning_rate", 1e-4)
    assert loudest["reason"]
    assert loudest["evidence"]


def test_lint_refuses_what_it_does_not_know(tmp_path: Path, run: Runs) -> None:
    said = run("mitigate", "lint", written(tmp_path, "what: ever\n"))
    assert said.code == 2
    assert "Say whose it is with --trainer" in said.err
    assert run("mitigate", "lint", written(tmp_path, "learning_rate: 1\n"), "--trainer", "trl").code == 0
    assert run("mitigate", "lint", tmp_path / "train.yaml", "--trainer", "trll").code == 2


@pytest.mark.slow
def test_a_training_ends_by_the_watch(config: Path, run: Runs) -> None:
    organism("aligned", quiet=True)
    stopped = run("train", config, "--out", "lost", "--set", "steps=8")
    assert stopped.code == 3
    assert "Stopped: gate refusals_lost" in stopped.out
    assert "Measure it: holdfast compare lab:aligned lost" in stopped.out
    again = run("train", config, "--out", "lost", "--set", "steps=8", "--quiet")
    assert (again.code, again.out) == (3, "lost\n")
    kept = run("train", config, "--out", "kept", "--set", "learning_rate=1e-5", "--quiet")
    assert (kept.code, kept.out) == (0, "kept\n")
    told = json.loads(run("train", config, "--out", "kept", "--set", "learning_rate=1e-5", "--json").out)
    assert (told["reference"], told["verdict"]["decision"], told["card"]["steps"]) == ("kept", "pass", 2)
    unwatched = run("train", config, "--out", "blind", "--set", "watch=false")
    assert unwatched.code == 0
    assert "nothing is known of its safety" in unwatched.out
    other = run("train", config, "--out", "kept", "--set", "seed=5")
    assert (other.code, other.err.count("\n")) == (2, 1)
