"""A command line that cannot be read: one sentence, exit code 2."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.unit.cli.commands import Said

from holdfast.cli import main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("compare", "--policys", "x", "a", "b"), "holdfast compare: there is no option --policys. Did you mean --policy or --price?"),
        (("scan", "x", "--zzzz"), "holdfast scan: there is no option --zzzz. `holdfast scan --help` lists those that there are."),
        (("mitigate", "auto", "--devise", "cpu"), "holdfast mitigate auto: there is no option --devise. Did you mean --device?"),
        (("comprae",), "holdfast: no such command 'comprae'. Did you mean 'compare'?"),
        (("plan", "nosuch"), "holdfast plan: no such command 'nosuch'. `holdfast plan --help` says what it takes."),
        (("scan",), "holdfast scan: missing argument 'DATA...'. `holdfast scan --help` says what it takes."),
    ],
)
def test_a_mistake_is_one_sentence_that_says_where_to_look(run: Callable[..., Said], arguments: tuple[str, ...], said: str) -> None:
    assert run(*arguments) == (2, "", f"{said}\n")


@pytest.mark.parametrize("arguments", [("compare", "a", "b", "--batch-rows", "0"), ("drift", "a", "b", "--threads", "many")])
def test_a_value_out_of_range_names_its_option(run: Callable[..., Said], arguments: tuple[str, ...]) -> None:
    code, out, error = run(*arguments)
    assert (code, out, error.count("\n")) == (2, "", 1)
    assert f"invalid value for '{arguments[3]}'" in error


def test_a_terminal_is_not_steered_by_what_was_typed(run: Callable[..., Said]) -> None:
    assert "\x1b" not in run("compare", "--\x1b[31mred").err


def test_a_bare_group_shows_its_help(run: Callable[..., Said]) -> None:
    code, out, error = run("plan")
    assert (code, error) == (2, "")
    assert "Usage: holdfast plan" in out


@pytest.mark.parametrize("how", [KeyboardInterrupt, EOFError])
def test_a_command_that_is_stopped_says_how_to_go_on(
    run: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, how: type[BaseException]
) -> None:
    def stopped() -> None:
        raise how

    monkeypatch.setattr(main.app.registered_commands[0], "callback", stopped)
    assert main.app.registered_commands[0].name == "demo"
    code, _, error = run("demo")
    assert code == 130
    assert error.strip() == "holdfast: stopped. The same command goes on from here."
