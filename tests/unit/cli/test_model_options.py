"""One rule for the options of every command that runs models, and the same rule in Python."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.e2e.holdfast_cli import holdfast

from holdfast.cli.main import app
from holdfast.core import InputError
from holdfast.plugins import ModelOptions, Sampling


def options(command: Any, option: str, name: str = "holdfast") -> Iterator[tuple[str, Any]]:
    yield from ((name, one) for one in command.params if option in one.opts)
    for word, inner in getattr(command, "commands", {}).items():
        yield from options(inner, option, f"{name} {word}")


@pytest.mark.parametrize(("option", "least", "commands"), [("--max-new-tokens", 1, 8), ("--concurrency", 1, 3), ("--retries", 0, 2)])
def test_every_command_has_the_same_least_value(option: str, least: int, commands: int) -> None:
    found = dict(options(typer.main.get_command(app), option))
    assert len(found) >= commands
    assert {name: one.min for name, one in found.items()} == dict.fromkeys(found, least)


def test_a_command_that_runs_models_spells_an_option_as_the_others_do() -> None:
    for option in ("--device", "--dtype", "--threads", "--batch-tokens", "--concurrency", "--retries"):
        found = dict(options(typer.main.get_command(app), option))
        assert len({(one.help, one.rich_help_panel) for one in found.values()}) == 1, (option, found)


@pytest.mark.parametrize("tokens", ["0", "-3"])
def test_a_watch_refuses_a_budget_of_no_token(
    tokens: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    said = holdfast(monkeypatch, capsys, "watch", "served", "lab:aligned", "--once", "--max-new-tokens", tokens, "--run", run)
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "--max-new-tokens" in said.err
    assert not run.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"max_new_tokens": 0}, "--max-new-tokens must be at least 1, got 0"),
        ({"temperature": -0.5}, "--temperature must be between 0 and 10, got -0.5"),
        ({"temperature": float("nan")}, "--temperature must be between 0 and 10, got nan"),
        ({"top_p": 0.0}, "--top-p must be above 0 and at most 1, got 0.0"),
    ],
)
def test_python_refuses_what_the_command_line_refuses(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Sampling(**wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"threads": 100_000}, "--threads must be from 1 to 1024, got 100000"),
        ({"threads": 0}, "--threads must be from 1 to 1024, got 0"),
        ({"batch_rows": 0}, "--batch-rows must be at least 1, got 0"),
        ({"batch_tokens": -1}, "--batch-tokens must be at least 1, got -1"),
    ],
)
def test_more_threads_than_a_machine_can_start_are_refused_and_crash_nothing(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        ModelOptions(**wrong)
