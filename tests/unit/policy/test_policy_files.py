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
        ("  - {name: g, metric: refusal_rate, at_least: 0.5}", "  []", "has no gate"),
        ("gates:", "gates: [", "broken file"),
        (GATE, "- 1", "expected a mapping"),
        ("description: d\n", "description: d\nincludes: [nowhere]\n", "neither a shipped policy nor a file"),
    ],
)
def test_a_policy_that_cannot_be_judged_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(GATE.replace(old, new), encoding="utf-8")
    with pytest.raises(PolicyError, match=said):
        load_policy(str(path))


def test_an_unknown_name_has_near_matches() -> None:
    with pytest.raises(PolicyError, match="Did you mean 'article'"):
        load_policy("articel")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policy(str(path))
