"""An empty word is no value: each command that takes one says so, and touches nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from tests.e2e.holdfast_cli import holdfast

from holdfast.cli.main import app


def with_arguments(command: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return every command that takes an argument."""
    if hasattr(command, "commands"):
        return [found for name, one in command.commands.items() for found in with_arguments(one, (*path, name))]
    return [path] if any(parameter.param_type_name == "argument" for parameter in command.params) else []


COMMANDS = with_arguments(typer.main.get_command(app))


def test_the_list_of_commands_is_not_empty() -> None:
    assert {("scan",), ("gate",), ("canary", "plant"), ("corpus", "run"), ("plan", "estimate")} <= set(COMMANDS)


@pytest.mark.parametrize("given", ["", " "])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_empty_argument_is_refused(
    command: tuple[str, ...], given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    said = holdfast(monkeypatch, capsys, *command, given)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"holdfast: {' '.join(command)}: ")
    assert " is empty, expected a path or a name." in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("scan", "a.jsonl", "--run", ""), "--run"),
        (("scan", "a.jsonl", "--sarif="), "--sarif"),
        (("canary", "plant", "a.jsonl", "--out", ""), "--out"),
        (("corpus", "run", "c.yaml", "--out", ""), "--out"),
        (("scan", "a.jsonl", "--judge", ""), "--judge"),
        (("backdoor", "a", "b", "--language="), "--language"),
        (("compare", "a", "b", "--generate", " "), "--generate"),
    ],
)
def test_an_empty_value_of_an_option_is_refused(
    words: tuple[str, ...], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    said = holdfast(monkeypatch, capsys, *words)
    assert (said.code, said.out) == (2, "")
    assert f"{name} is empty, expected a " in said.err


def test_an_option_that_says_it_better_says_it_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "policy ''" in holdfast(monkeypatch, capsys, "scan", "a.jsonl", "--policy", "").err
