"""One rule for seeds: every command that takes one refuses a number that cannot be one, in a sentence and before it does anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer
from tests.e2e.holdfast_cli import holdfast

from holdfast.cli.main import app
from holdfast.core import MOST_SEED, InputError
from holdfast.history import History
from holdfast.pipeline.running.settings import PipelineConfig
from holdfast.plugins import Sampling, ScanOptions


def seeds(command: Any, name: str = "holdfast") -> Iterator[tuple[str, Any]]:
    yield from ((name, option) for option in command.params if "--seed" in option.opts)
    for word, inner in getattr(command, "commands", {}).items():
        yield from seeds(inner, f"{name} {word}")


def test_every_seed_is_a_number_from_0() -> None:
    found = dict(seeds(typer.main.get_command(app)))
    assert len(found) >= 14
    assert {name: (option.min, option.max) for name, option in found.items()} == dict.fromkeys(found, (0, MOST_SEED))


def test_a_scan_refuses_a_seed_below_0(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n', encoding="utf-8")
    said = holdfast(monkeypatch, capsys, "scan", tmp_path / "a.jsonl", "--run", tmp_path / "run", "--seed", "-1")
    assert said.code == 2
    assert "greater than or equal to 0" in said.err
    assert "--seed" in said.err
    assert not (tmp_path / "run").exists()


def test_the_same_rule_holds_in_python_and_in_files() -> None:
    with pytest.raises(InputError, match="seed: expected a number from 0 to 9223372036854775807, got -1"):
        ScanOptions(seed=-1)
    for given, said in ((MOST_SEED + 1, "got 9223372036854775808"), (10**5000, "got one of more digits")):
        with pytest.raises(InputError, match=f"--seed: expected a number .*{said}"):
            Sampling(seed=given)
    assert Sampling(seed=MOST_SEED).seed == MOST_SEED
    text = '{"base": "a", "data": "b", "train": {"model": "c"}, "seed": -1}'
    with pytest.raises((InputError, msgspec.ValidationError), match="seed: expected a number from 0 to 9223372036854775807, got -1"):
        msgspec.json.decode(text, type=PipelineConfig)


def test_a_number_that_no_database_can_hold_is_an_error_of_the_history_and_no_crash() -> None:
    with History("sqlite://") as history, pytest.raises(InputError, match="cannot be used"), history.writing() as connection:
        connection.exec_driver_sql("SELECT ?", (2**64,))
