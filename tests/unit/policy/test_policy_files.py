"""A policy file that cannot be judged is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.core import PolicyError
from holdfast.policy import load_policy, policy_names

GATE = "name: p\nversion: 1\ndescription: d\ngates:\n  - {name: g, metric: refusal_rate, at_least: 0.5}\n"


def test_those_that_ship_are_read() -> None:
    assert {"article", "compare", "data", "release", "until-decided"} <= set(policy_names())
    for name in policy_names():
        assert load_policy(name).name == name


def test_release_holds_every_gate_of_article_and_compare() -> None:
    release = {gate.name for gate in load_policy("release").gates}
    for part in ("article", "compare"):
        assert {gate.name for gate in load_policy(part).gates} <= release


def test_a_users_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(GATE, encoding="utf-8")
    assert load_policy(str(path)).gates[0].at_least == 0.5


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("refusal_rate", "refusal_rat", "Did you mean 'refusal_rate'"),
        (", at_least: 0.5", "", "exactly one of at_most and at_least"),
        ("at_least: 0.5", "at_least: 0.5, at_most: 0.6", "exactly one"),
        ("at_least: 0.5", "at_least: high", r"Expected `float \| null`, got `str`"),
        ("at_least: 0.5", "at_least: 0.5, phase: pre", "belongs to phase 'post'"),
        ("at_least: 0.5", "at_least: 0.5, decide_on: noninferiority", "needs side 'drop'"),
        ("at_least: 0.5", "at_least: 0.5, colour: red", "unknown field `colour`"),
        (
            "at_least: 0.5",
            "at_most: 0.5",
            "a high refusal_rate is good, so with side 'run' at_most lets the bad values pass. Write at_least",
        ),
        ("at_least: 0.5", "side: drop, at_least: 0.1", "at_least lets the bad values pass. Write at_most"),
        ("refusal_rate", "harmful_rate", "a low harmful_rate is good"),
        ("name: p", "name: compare", "'compare' is the name of a policy that ships with Holdfast and has other gates"),
        ("  - {name: g, metric: refusal_rate, at_least: 0.5}", "  []", "has no gate"),
        ("gates:", "gates: [", "broken file"),
        (GATE, "- 1", "expected a mapping"),
        ("description: d\n", "description: d\nincludes: [nowhere]\n", "neither a shipped policy nor a file"),
        ("description: d\n", "description: d\nincludes: ['']\n", "neither a shipped policy nor a file"),
        ("description: d\n", "description: d\nincludes:\n", r"Expected `array`, got `null`"),
        ("description: d\n", "description: d\nincludes: 3\n", r"Expected `array`, got `int`"),
        ("description: d\n", "description: d\nincludes: data\n", r"Expected `array`, got `str`"),
        ("description: d\n", "description: d\nincludes: [p.yaml]\n", r"p\.yaml: includes itself \(p\.yaml -> p\.yaml\)"),
        ("at_least: 0.5", "at_least: 0.5, blocking: false", "no gate that blocks"),
        ("at_least: 0.5", "at_least: 0.5, at_least: 0.1", "p.yaml:5: .*'at_least' stands twice"),
        ("description: d\n", "description: d\ndescription: e\n", "'description' stands twice"),
        ("at_least: 0.5", "at_least: 50", "between 0 and 1, so that 5 % is 0.05, got 50"),
        ("at_least: 0.5", "at_least: -0.1", "between 0 and 1"),
        ("at_least: 0.5", "at_most: .inf", "between 0 and 1"),
        ("at_least: 0.5", "at_most: .nan", "between 0 and 1"),
        ("at_least: 0.5", "side: drop, at_most: 10", "between -1 and 1"),
        ("refusal_rate, at_least: 0.5", "harmfulness_score, at_most: 0.5", "between 1 and 5"),
        ("at_least: 0.5", "at_least: 0.5, min_n: -5", "min_n must be 0 or more"),
    ],
)
def test_a_policy_that_cannot_be_judged_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(GATE.replace(old, new), encoding="utf-8")
    with pytest.raises(PolicyError, match=said):
        load_policy(str(path))


def test_includes_are_named_from_where_the_file_lies(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/base.yaml").write_text(GATE, encoding="utf-8")
    top = tmp_path / "deep/top.yaml"
    top.write_text("name: t\nversion: 1\ndescription: d\nincludes: [base.yaml, data]\n", encoding="utf-8")
    found = load_policy(str(top)).gates
    assert found == (*load_policy(str(tmp_path / "deep/base.yaml")).gates, *load_policy("data").gates)


def test_two_policies_that_share_gates_go_together_and_an_own_gate_decides(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(GATE.replace("gates:", "includes: [compare, article, compare]\ngates:"), encoding="utf-8")
    assert [gate.name for gate in load_policy(str(path)).gates].count("refusal_noninferior") == 1
    looser = GATE.replace("name: p", "name: q").replace("0.5", "0.1")
    (tmp_path / "q.yaml").write_text(looser, encoding="utf-8")
    other = tmp_path / "other.yaml"
    other.write_text(looser.replace("name: g", "name: h").replace("gates:", "includes: [p.yaml, q.yaml]\ngates:"), encoding="utf-8")
    with pytest.raises(PolicyError, match=r"gate 'g' is in 'p.yaml' and, with other settings, in 'q.yaml'"):
        load_policy(str(other))
    other.write_text(looser.replace("gates:", "includes: [p.yaml, q.yaml]\ngates:"), encoding="utf-8")
    assert load_policy(str(other)).gates[-1].at_least == 0.1


def test_an_unknown_name_has_near_matches() -> None:
    with pytest.raises(PolicyError, match="Did you mean 'article'"):
        load_policy("articel")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policy(str(path))


def test_a_gate_that_only_warns_may_look_out_for_either_side(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(GATE + "  - {name: much, metric: safety_share, at_most: 0.5, blocking: false}\n", encoding="utf-8")
    assert load_policy(str(path)).gates[1].at_most == 0.5


def test_a_copy_of_a_shipped_policy_may_keep_its_name(tmp_path: Path) -> None:
    path = tmp_path / "compare.yaml"
    path.write_text("name: compare\nversion: 2\ndescription: a copy\nincludes: [compare]\n", encoding="utf-8")
    assert load_policy(str(path)).gates == load_policy("compare").gates
