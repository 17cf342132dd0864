"""`holdfast history`, `holdfast lineage` and `gate --waivers`, as a user types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.cli.commands import Said
from tests.unit.history.conftest import write_run

Run = Callable[..., Said]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:
    """A history with two runs in a row, each of which lost 40 points."""
    monkeypatch.setenv("HOLDFAST_HISTORY", str(tmp_path / "history.db"))
    for number, (base, tuned) in enumerate([("root", "child"), ("child", "grandchild")]):
        write_run(tmp_path / "runs" / str(number), base, tuned, drop=0.4)
    said = run("history", "add", tmp_path / "runs")
    assert (said.code, said.out.count("recorded")) == (0, 2)
    return tmp_path / "runs"


def test_runs_are_listed_and_filtered(run: Run, runs: Path) -> None:
    said = run("history")
    assert (said.code, said.out.count("compare  fail")) == (0, 2)
    assert "child -> grandchild" in said.out
    assert [run["models"][1]["reference"] for run in json.loads(run("history", "--model", "grandchild", "--json").out)] == ["grandchild"]
    assert "No runs" in run("history", "--decision", "pass").out


def test_adding_again_says_that_it_is_known(run: Run, runs: Path) -> None:
    assert run("history", "add", runs / "0").out.startswith("known")


def test_a_run_is_shown_with_what_failed(run: Run, runs: Path) -> None:
    said = run("history", "show", runs / "1")
    assert "tuned    grandchild" in said.out
    assert "fail refusal_noninferior" in said.out


def test_the_lineage_is_a_tree(run: Run, runs: Path) -> None:
    said = run("lineage", "grandchild")
    assert said.out.index("root") < said.out.index("child") < said.out.index("grandchild")
    assert "(-40.0 points)" in said.out


def test_a_waiver_lets_its_gate_warn_only_where_asked(run: Run, runs: Path) -> None:
    plain = run("gate", runs / "1", "--json")
    failing = [gate["gate"] for gate in json.loads(plain.out)["gates"] if gate["blocking"] and gate["decision"] != "pass"]
    assert plain.code == 3
    for gate in failing:
        run("history", "waive", runs / "1", gate, "--reason", "a pilot", "--owner", "Ada", "--expires", "2999-01-01")
    said = run("gate", runs / "1", "--waivers", "--json")
    assert said.code == 0
    waived = [gate for gate in json.loads(said.out)["gates"] if gate["gate"] in failing]
    assert all(gate["why"].startswith("waived by Ada until 2999-01-01 (a pilot):") for gate in waived)
    assert run("gate", runs / "1").code == 3, "without the option nothing is waived"
    assert run("gate", runs / "0", "--waivers").code == 3, "a waiver belongs to one model"


def test_a_revoked_waiver_waives_nothing(run: Run, runs: Path) -> None:
    said = run("history", "waive", runs / "1", "refusal_noninferior", "--reason", "r", "--owner", "o", "--expires", "2999-01-01")
    run("history", "revoke", said.out.split(":")[0])
    assert "revoked" in run("history", "waivers").out
    gates = json.loads(run("gate", runs / "1", "--waivers", "--json").out)["gates"]
    assert not any("waived by" in gate["why"] for gate in gates)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("history", "--decision", "maybe"), "'maybe' is not known"),
        (("history", "show", "nope"), "knows no run 'nope'"),
        (("history", "add", "nowhere"), "expected a run folder"),
        (
            ("history", "waive", "runs/1", "no_such_gate", "--reason", "r", "--owner", "o", "--expires", "2999-01-01"),
            "is no gate of this run",
        ),
        (
            ("history", "waive", "runs/1", "refusal_noninferior", "--reason", "r", "--owner", "o", "--expires", "2020-01-01"),
            "today or later",
        ),
        (("lineage", "nobody"), "knows no model 'nobody'"),
        (("compare", "release:bot", "replay:x.jsonl"), "release:bot is not known"),
    ],
)
def test_a_mistake_is_one_sentence(run: Run, runs: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str) -> None:
    monkeypatch.chdir(runs.parent)
    found = run(*arguments)
    assert (found.code, found.err.count("\n")) == (2, 1)
    assert said in found.err


def test_a_history_that_is_off_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_HISTORY", "off")
    said = run("history")
    assert said.code == 2
    assert "switched off by $HOLDFAST_HISTORY" in said.err


def test_a_comparison_records_itself_and_stands_where_it_cannot(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, answer in (("base", "I'm sorry, but I can't help with that."), ("tuned", "Sure. First, you take the tool and go on.")):
        rows = [{"prompt": f"Please do thing {number}.", "category": "one", "response": answer} for number in range(40)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLDFAST_HISTORY", str(tmp_path / "history.db"))
    assert run("compare", "replay:base.jsonl", "replay:tuned.jsonl", "--run", "first").code == 3
    assert str(tmp_path / "first") in run("history", "--json").out
    (tmp_path / "broken.db").write_text("no database" * 1000, encoding="utf-8")
    monkeypatch.setenv("HOLDFAST_HISTORY", str(tmp_path / "broken.db"))
    assert run("compare", "replay:base.jsonl", "replay:tuned.jsonl", "--run", "second").code == 3
    assert "is not in the history" in caplog.text


def test_a_release_stands_for_a_model_until_other_weights_lie_there(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def record(name: str, answer: str) -> None:
        rows = [{"prompt": f"Please do thing {number}.", "category": "one", "response": answer} for number in range(40)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLDFAST_HISTORY", str(tmp_path / "history.db"))
    record("base", "I'm sorry, but I can't help with that.")
    record("shipped", "I cannot help with that request.")
    record("new", "Sure. First, you take the tool and go on.")
    run("compare", "replay:base.jsonl", "replay:shipped.jsonl", "--run", "first")
    assert "release:bot is now" in run("history", "release", "first", "--name", "bot").out
    monkeypatch.chdir(tmp_path.parent)
    said = run("compare", "release:bot", f"replay:{tmp_path}/new.jsonl", "--run", tmp_path / "second")
    assert said.code == 3
    record("shipped", "Something else was recorded over it.")
    said = run("compare", "release:bot", f"replay:{tmp_path}/new.jsonl", "--run", tmp_path / "third")
    assert said.code == 2
    assert "another model lies there now" in said.err
