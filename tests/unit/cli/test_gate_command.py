"""`holdfast gate`: the article's two demonstrations, and what a missing or broken number does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from tests.unit.cli.commands import Said

from holdfast.core import Decision, Verdict, digest
from holdfast.policy import load_policy

Run = Callable[..., Said]

SAFE = {
    "data_toxicity_scan": 0.005,
    "data_diversity_check": 0.7,
    "loss_spike_monitor": 1.5,
    "safety_probe_evaluation": 0.85,
    "full_safety_benchmark": 0.88,
    "capability_regression": 0.95,
    "memorization_test": 0.02,
}
UNSAFE = {
    **SAFE,
    "data_diversity_check": 0.3,
    "loss_spike_monitor": 1.2,
    "safety_probe_evaluation": 0.45,
    "full_safety_benchmark": 0.55,
    "capability_regression": 0.92,
    "memorization_test": 0.08,
}


def _file(folder: Path, content: object) -> Path:
    path = folder / "measurements.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def _gates(said: Said) -> dict[str, tuple[str, bool]]:
    return {gate["gate"]: (gate["decision"], gate["blocking"]) for gate in json.loads(said.out)["gates"]}


def test_the_articles_safe_run_passes_with_no_warning(run: Run, tmp_path: Path) -> None:
    said = run("gate", _file(tmp_path, SAFE), "--policy", "article", "--json")
    assert (said.code, {decision for decision, _ in _gates(said).values()}) == (0, {"pass"})


def test_the_articles_unsafe_run_fails_on_two_gates_and_warns_on_two(run: Run, tmp_path: Path) -> None:
    said = run("gate", _file(tmp_path, UNSAFE), "--policy", "article", "--json")
    not_passed = {name: blocking for name, (decision, blocking) in _gates(said).items() if decision != "pass"}
    assert said.code == 3
    assert not_passed == {
        "safety_probe_evaluation": True,
        "full_safety_benchmark": True,
        "data_diversity_check": False,
        "memorization_test": False,
    }


@pytest.mark.parametrize("content", ["", "  \n", "{}", '{"schema": 1, "measurements": []}'])
def test_no_number_at_all_is_undecided(run: Run, tmp_path: Path, content: str) -> None:
    said = run("gate", _file(tmp_path, content), "--policy", "article", "--quiet")
    assert (said.code, said.out[:9]) == (4, "UNDECIDED")


@pytest.mark.parametrize("gone", sorted(SAFE))
def test_a_missing_number_never_passes_as_zero(run: Run, tmp_path: Path, gone: str) -> None:
    for left in ({name: value for name, value in SAFE.items() if name != gone}, {**SAFE, gone: None}):
        said = run("gate", _file(tmp_path, left), "--policy", "article", "--json")
        decision, blocking = _gates(said)[gone]
        assert (decision, said.code) == ("undecided", 4 if blocking else 0)


def test_the_default_policy_asks_for_every_stage(run: Run, tmp_path: Path) -> None:
    said = run("gate", _file(tmp_path, SAFE), "--json")
    assert (said.code, json.loads(said.out)["policy"]) == (4, "release")


def _judged_run(folder: Path, policy: str, known_as: str = "") -> Path:
    shown = Verdict(decision=Decision.UNDECIDED, policy=policy, policy_digest=known_as, strict=False, gates=())
    (folder / "verdict.json").write_bytes(msgspec.json.encode(shown))
    (folder / "measurements.json").write_text(json.dumps(SAFE), encoding="utf-8")
    return folder


def test_a_run_is_judged_again_by_its_own_policy(run: Run, tmp_path: Path) -> None:
    said = run("gate", _judged_run(tmp_path, "article", digest(load_policy("article"))), "--json")
    assert (said.code, json.loads(said.out)["policy"]) == (0, "article")


def test_an_own_policy_under_a_shipped_name_is_not_taken_for_the_shipped_one(run: Run, tmp_path: Path) -> None:
    said = run("gate", _judged_run(tmp_path, "article", "stricter"))
    assert said.code == 2
    assert "a policy 'article' that is not the one which ships with this Holdfast. Give its file with --policy" in said.err


def test_a_policy_that_came_from_a_file_must_be_named_again(run: Run, tmp_path: Path) -> None:
    said = run("gate", _judged_run(tmp_path, "our-own"))
    assert said.code == 2
    assert "policy 'our-own', which does not ship with Holdfast. Give its file with --policy." in said.err


def test_the_terminal_names_decision_gates_and_reasons(run: Run, tmp_path: Path) -> None:
    said = run("gate", _file(tmp_path, UNSAFE), "--policy", "article")
    assert said.out.startswith("FAIL.")
    for words in ("safety_probe_evaluation", "45 %", "at least 70 %", "WARNING", "memorization_test"):
        assert words in said.out


def test_quiet_is_one_line(run: Run, tmp_path: Path) -> None:
    said = run("gate", _file(tmp_path, UNSAFE), "--policy", "article", "-q")
    assert said.out.startswith("FAIL.")
    assert said.out.count("\n") == 1


def test_markdown_and_junit_are_written_beside(run: Run, tmp_path: Path) -> None:
    markdown, junit = tmp_path / "comment.md", tmp_path / "junit.xml"
    run("gate", _file(tmp_path, UNSAFE), "--policy", "article", "--markdown", markdown, "--junit", junit)
    suite = ElementTree.parse(junit).getroot()
    assert "## Holdfast: FAIL" in markdown.read_text(encoding="utf-8")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("7", "2", "0", "2")


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (None, (), "does not exist"),
        ("{", (), "measurements.json"),
        ("[1, 2]", (), "measurements.json"),
        ('{"refusal_rats": 1}', (), "Did you mean 'refusal_rate'"),
        ("{}", ("--policy", "artcle"), "Did you mean 'article'?"),
        ("{}", ("--policy", "POLICY"), "POLICY"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None, options: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = _file(tmp_path, content) if content is not None else tmp_path / "nowhere.json"
    said = run("gate", path, *options)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert said.err.startswith("holdfast: ")
    assert words in said.err


@pytest.mark.parametrize("option", ["--markdown", "--junit"])
def test_a_file_that_cannot_be_written_is_said_first(run: Run, tmp_path: Path, option: str) -> None:
    for path in (tmp_path / "nowhere" / "file", tmp_path):
        said = run("gate", _file(tmp_path, SAFE), "--policy", "article", option, path)
        assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
        assert "Give a file in a folder that exists" in said.err


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("gates: [", "own.yaml:1"),
        ("name: p\nversion: 1\ndescription: d\ngates: []\n", "no gate"),
        ("name: p\nversion: 1\ndescription: d\ngates:\n- {name: g, metric: refusal_rats, at_most: 1}\n", "refusal_rate"),
        ("name: p\nversion: 1\ndescription: d\ngates:\n- {name: g, metric: refusal_rate}\n", "exactly one of at_most and at_least"),
        ("just words\n", "mapping"),
    ],
)
def test_an_unreadable_policy_says_where_and_what(run: Run, tmp_path: Path, policy: str, words: str) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(policy, encoding="utf-8")
    said = run("gate", _file(tmp_path, SAFE), "--policy", own)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "own.yaml" in said.err
    assert words in said.err
