"""`holdfast suites`: what can be asked, and what is not assessed."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tests.unit.cli.commands import Said

from holdfast.plugins import list_suites

Run = Callable[..., Said]


def test_every_suite_has_its_size_languages_licence_and_version(run: Run) -> None:
    said = run("suites")
    assert said.code == 0
    for found in list_suites():
        line = next(line for line in said.out.splitlines() if line.startswith(found.name))
        if found.size is not None:
            assert str(found.size) in line.split()
            assert found.licence in line
            assert found.languages[0] in line
        else:
            assert "a copy" in line


@pytest.mark.parametrize("width", ["80", "100"])
def test_no_name_is_cut_on_a_narrow_terminal(run: Run, monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    monkeypatch.setenv("COLUMNS", width)
    said = run("suites").out
    assert "\u2026" not in said
    for found in list_suites():
        assert any(line.startswith(f"{found.name} ") for line in said.splitlines()), found.name


def test_bias_is_said_to_be_not_assessed(run: Run) -> None:
    assert "Not assessed until a suite for it is given: bias" in run("suites").out


def test_json_holds_the_limits_too(run: Run) -> None:
    rows = {row["name"]: row for row in json.loads(run("suites", "--json").out)}
    assert (rows["policy11"]["size"], len(rows["policy11"]["categories"])) == (330, 11)
    assert rows["policy11"]["limits"]
    assert rows["xstest"]["source"].startswith("xstest=")
