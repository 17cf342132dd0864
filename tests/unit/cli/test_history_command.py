"""`holdfast history`, `holdfast lineage` and `gate --waivers`, as a user types them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.unit.cli.commands import Said
from tests.unit.history.conftest import write_run

from holdfast.history import History, history_url

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


def _waive_all(run: Run, folder: Path) -> list[str]:
    gates = json.loads(run("gate", folder, "--json").out)["gates"]
    failing = [gate["gate"] for gate in gates if gate["blocking"] and gate["decision"] != "pass"]
    for gate in failing:
        assert run("history", "waive", folder, gate, "--reason", "a pilot", "--owner", "Ada", "--expires", "2999-01-01").code == 0
    return failing


def test_a_pass_by_waiver_says_so_everywhere(run: Run, runs: Path, tmp_path: Path) -> None:
    failing = _waive_all(run, runs / "1")
    word = "PASS by waiver of Ada until 2999-01-01."
    table, junit = tmp_path / "table.md", tmp_path / "junit.xml"
    assert run("gate", runs / "1", "--waivers", "-q", "--markdown", table, "--junit", junit).out.startswith(word)
    assert run("gate", runs / "1", "--waivers").out.startswith(word)
    assert table.read_text(encoding="utf-8").startswith(f"## Holdfast: {word[:-1]}\n")
    assert f'value="{word[:-1]}"' in junit.read_text(encoding="utf-8")
    verdict = json.loads(run("gate", runs / "1", "--waivers", "--json").out)
    assert (verdict["decision"], verdict["waived"]) == ("pass", f"by waiver of Ada until 2999-01-01 ({', '.join(failing)})")
    assert {gate["gate"] for gate in verdict["gates"] if gate.get("waived")} == set(failing)


def test_a_waiver_covers_no_worse_run_and_no_other_base(run: Run, runs: Path, caplog: pytest.LogCaptureFixture) -> None:
    _waive_all(run, runs / "1")
    for name, base, drop, code in (("same", "child", 0.4, 0), ("worse", "child", 0.6, 3), ("other", "root", 0.4, 3)):
        caplog.clear()
        write_run(runs / name, base, "grandchild", drop=drop, seed=7)
        assert run("gate", runs / name, "--waivers", "-q").code == code, name
        assert ("does not cover this run" in caplog.text) == (code == 3)


def test_an_edited_decision_is_refused_wherever_it_is_read(run: Run, runs: Path) -> None:
    verdict = runs / "0" / "verdict.json"
    honest = verdict.read_text(encoding="utf-8")
    before = run("history", "show", runs / "0").out
    verdict.write_text(honest.replace('"decision": "fail"', '"decision": "pass"', 1), encoding="utf-8")
    for arguments in (("history", "add", runs / "0"), ("gate", runs / "0"), ("attest", runs / "0"), ("card", runs / "0", "--owner", "Ada")):
        said = run(*arguments)
        assert (said.code, said.err.count("\n")) == (2, 1)
        assert "says 'pass' and its gates come to 'fail'" in said.err
    shown = run("history", "show", runs / "0").out
    assert shown.startswith(before)
    assert "says 'pass' and its gates come to 'fail'" in shown
    verdict.write_text(honest, encoding="utf-8")
    assert run("history", "add", runs / "0").out.startswith("known")


def test_a_run_is_found_by_what_its_folder_holds(run: Run, runs: Path) -> None:
    known = run("history", "show", runs / "0").out
    shutil.copytree(runs / "0", runs / "copy")
    assert run("history", "show", runs / "copy").out == known
    shutil.move(runs / "0", runs / "moved")
    assert run("history", "show", runs / "moved").out == known
    # Another run in the place of one that was recorded there is not that one.
    shutil.move(runs / "1", runs / "0")
    assert f"folder   {runs / '1'}" in run("history", "show", runs / "0").out
    write_run(runs / "new", "root", "newest", drop=0.2)
    said = run("history", "show", runs / "new")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "the history does not know the run in this folder" in said.err


def test_what_others_wrote_steers_no_terminal(run: Run, runs: Path) -> None:
    """A database of before such words were refused may hold them."""
    _waive_all(run, runs / "1")
    bad = "\x1b[2Jred\nfine"
    with History(history_url() or "") as history, history.writing() as connection:
        for table in ("waivers SET reason", "waivers SET owner", "runs SET command", "models SET reference", "waivers SET gate"):
            connection.execute(text(f"UPDATE holdfast_{table} = :bad"), {"bad": bad})
        identity = connection.execute(text("SELECT id FROM holdfast_waivers")).scalar()
    for arguments in (("history", "waivers"), ("history", "show", runs / "1"), ("lineage",), ("history", "revoke", identity)):
        said = run(*arguments)
        assert said.code == 0
        assert "\x1b" not in said.out
        assert "\nfine" not in said.out
        assert "[U+001B][2Jred fine" in said.out


@pytest.mark.parametrize("name", ["", "bot\nrelease:other", "\x1b[31m"])
def test_a_release_has_a_name_on_one_line(run: Run, runs: Path, name: str) -> None:
    said = run("history", "release", runs / "0", "--name", name)
    assert (said.code, said.err.count("\n")) == (2, 1)


def test_where_no_run_is_meant_those_that_are_there_are_counted(run: Run, runs: Path) -> None:
    said = run("history", "--stage", "nope")
    assert "No runs that were asked for are among the 2 in" in said.out
    assert "By stage: compare (2)." in said.out


def test_a_question_makes_no_database(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "typo" / "x.db"
    for arguments in ((), ("waivers",), ("show", "abcd"), ("revoke", "abcd"), ("release", "abcd", "--name", "bot")):
        said = run("history", *arguments, "--history", place)
        assert (said.code, "there is no history yet" in said.err) == (2, True)
    assert run("lineage", "--history", place).code == 2
    monkeypatch.setenv("HOLDFAST_HISTORY", str(place))
    said = run("history")
    assert (said.code, f"No runs in sqlite:///{place}" in said.out) == (0, True)
    assert not place.parent.exists()


def test_a_waiver_is_revoked_by_any_first_characters_of_its_id(run: Run, runs: Path) -> None:
    assert "knows no waiver 'zz'. `holdfast history waivers` lists them" in run("history", "revoke", "zz").err
    named = ("history", "waive", runs / "1", "refusal_noninferior", "--owner", "o", "--expires", "2999-01-01", "--reason")
    said = [run(*named, f"r{number}") for number in range(17)]
    first = [one.out[0] for one in said]
    twice = next(char for char in first if first.count(char) > 1)
    assert f"'{twice}' means several waivers" in run("history", "revoke", twice).err
    assert run("history", "revoke", said[0].out[:12]).code == 0


def test_a_short_line_names_the_warning_as_the_stage_does(run: Run, tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.json"
    policy = tmp_path / "policy.yaml"
    gates = "- {name: a, metric: memorization_test, at_most: 0.5}\n- {name: b, metric: data_toxicity_scan, at_most: 0.1, blocking: false}"
    policy.write_text(f"name: own\nversion: 1\ndescription: d\ngates:\n{gates}\n", encoding="utf-8")
    numbers.write_text('{"memorization_test": 0.1, "data_toxicity_scan": 0.2}', encoding="utf-8")
    said = run("gate", numbers, "--policy", policy, "-q")
    assert said.out.startswith("PASS. Warning of b: ")
