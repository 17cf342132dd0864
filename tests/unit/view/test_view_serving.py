from __future__ import annotations

import socket
from pathlib import Path

import pytest
from tests.unit.view.view_samples import write_run
from typer.testing import CliRunner

from holdfast.cli.main import app
from holdfast.core import InputError
from holdfast.view.serving import bind


def said(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["view", "--no-browser", *arguments])
    assert isinstance(result.exception, InputError), result.output
    return str(result.exception)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.7", "::", "example.org", ""])
def test_only_this_machines_own_addresses_are_served(host: str) -> None:
    with pytest.raises(InputError, match="is not a loopback address"):
        bind(host, 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_free_port_is_found(host: str) -> None:
    with bind(host, 0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"
        assert listening.getsockname()[1] > 0


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    write_run(tmp_path / "runs" / "one")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        words = said("--runs", str(tmp_path / "runs"), "--port", str(port))
    assert words.startswith(f"127.0.0.1:{port} cannot be served on (")
    assert "Give another --port" in words


def test_nothing_to_look_at_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert said() == "there is nothing to look at: no history, and no folder 'runs' here. Name one with --history or --runs."
    monkeypatch.setenv("HOLDFAST_HISTORY", str(tmp_path / "none.db"))
    assert "there is nothing to look at" in said()
    assert not (tmp_path / "none.db").exists(), "a page that reads makes no database"


def test_a_history_or_folder_that_is_named_must_be_there(tmp_path: Path) -> None:
    assert "there is no history yet" in said("--history", str(tmp_path / "none.db"))
    assert "there is no such folder" in said("--runs", str(tmp_path / "none"))
    assert not (tmp_path / "none.db").exists()


def test_help_and_the_command_itself_load_no_server() -> None:
    from tests.contracts.processes import python

    done = python("-c", "import holdfast.cli.main, sys; print([m for m in ('starlette', 'uvicorn', 'sqlalchemy') if m in sys.modules])")
    assert done.stdout.strip() == "[]"
