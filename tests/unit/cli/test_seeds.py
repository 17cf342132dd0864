"""One rule for seeds: every command that takes one refuses a number below 0, in a sentence and before it does anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer
from tests.e2e.holdfast_cli import holdfast

from holdfast.cli.main import app
from holdfast.core import InputError
from holdfast.pipeline.running.settings import PipelineConfig
from holdfast.plugins import ScanOptions


def seeds(command: Any, name: str = "holdfast") -> Iterator[tuple[str, Any]]:
    yield from ((name, option) for option in command.params if "--seed" in option.opts)
    for word, inner in getattr(command, "commands", {}).items():
        yield from seeds(inner, f"{name} {word}")


def test_every_seed_is_a_number_from_0() -> None:
    found = dict(seeds(typer.main.get_command(app)))
    assert len(found) >= 14
    assert {name: option.min for name, option in found.items()} == dict.fromkeys(found, 0)


def test_a_scan_refuses_a_seed_below_0(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n', encoding="utf-8")
    said = holdfast(monkeypatch, capsys, "scan", tmp_path / "a.jsonl", "--run", tmp_path / "run", "--seed", "-1")
    assert said.code == 2
    assert "greater than or equal to 0" in said.err
    assert "--seed" in said.err
    assert not (tmp_path / "run").exists()


def test_the_same_rule_holds_in_python_and_in_files() -> None:
    with pytest.raises(InputError, match="seed must be a number from 0, got -1"):
        ScanOptions(seed=-1)
    text = '{"base": "a", "data": "b", "train": {"model": "c"}, "seed": -1}'
    with pytest.raises((InputError, msgspec.ValidationError), match="seed: expected a number from 0, got -1"):
        msgspec.json.decode(text, type=PipelineConfig)
