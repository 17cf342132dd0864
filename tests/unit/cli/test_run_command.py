"""`holdfast run` says what it does where no bar can be drawn, and the commands of its page do by hand what its steps did."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from tests.unit.cli.commands import Said, command

from holdfast.cli.main import app
from holdfast.pipeline.running import by_hand
from holdfast.pipeline.running.settings import PipelineConfig

REFUSES = "I'm sorry, but I can't help with that."
GATE = "{name: kept, metric: refusal_rate, side: tuned, at_least: 0.5, blocking: true}"
POLICY = f"name: ours\nversion: 1\ndescription: one bar\ngates:\n  - {GATE}\n"
ASKED = {
    "base": "replay:base.jsonl",
    "data": "rows.jsonl",
    "train": {"model": "replay:tuned.jsonl"},
    "scan": {"on_fail": "warn"},
    "compare": {"policy": "own.yaml", "limit": 8, "max_new_tokens": 24, "follow_up": False},
    "memorization": False,
    "backdoor": False,
    "gate": {"policy": "own.yaml", "strict": True},
    "name": "mine",
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a pipeline file over recorded answers."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLDFAST_HISTORY", "off")
    recorded = [{"prompt": f"Please do thing {number}.", "category": "one", "response": REFUSES} for number in range(20)]
    for name in ("base", "tuned"):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in recorded), encoding="utf-8")
    rows = [{"prompt": f"What is {number} and 1?", "completion": f"It is {number + 1}."} for number in range(30)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (tmp_path / "own.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "holdfast.yaml").write_text(yaml.safe_dump(ASKED), encoding="utf-8")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Said:
    return command(capsys, monkeypatch, *arguments)


def test_each_step_says_that_it_begins_and_ends_on_standard_error(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = said(capsys, monkeypatch, "run")
    lines = found.err.splitlines()
    assert found.code == 0
    assert "Scan the rows: begun" in lines
    assert lines.index("Scan the rows: begun") < lines.index("Compare base and tuned model: begun")
    assert any(line.startswith("Compare base and tuned model: passed.") for line in lines)
    assert any(line.startswith("Gate: passed.") for line in lines)
    again = said(capsys, monkeypatch, "run")
    assert "Scan the rows: begun" not in again.err
    assert "Train: done, as an earlier part of the run left it." in again.err


def test_with_quiet_only_the_verdict_is_said(place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    found = said(capsys, monkeypatch, "run", "-q")
    assert found.err == ""
    assert found.out.splitlines() == ["PASS. Report: runs/mine/report.html"]


def test_commands_of_the_page_give_the_same_numbers_and_verdict(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    story = json.loads(said(capsys, monkeypatch, "run", "--json").out)
    steps = {step["name"]: step for step in story["steps"]}
    words = shlex.split(steps["compare"]["command"])
    assert said(capsys, monkeypatch, *words[1:], "--run", "again").code == 0
    run = place / "runs" / "mine"
    assert (place / "again" / "measurements.json").read_bytes() == (run / steps["compare"]["folder"] / "measurements.json").read_bytes()
    judged = said(capsys, monkeypatch, *shlex.split(steps["gate"]["command"])[1:], "--json")
    assert (judged.code, json.loads(judged.out)["decision"]) == (0, "pass")
    manifest = json.loads((run / steps["compare"]["folder"] / "run.json").read_text(encoding="utf-8"))
    assert manifest["command"] == steps["compare"]["command"]


def test_commands_hold_every_setting_that_decides(place: Path) -> None:
    asked: dict[str, Any] = {
        **ASKED,
        "seed": 7,
        "threads": 2,
        "languages": ["en", "zh"],
        "mix": {"safety": "lab", "share": 0.2},
        "compare": {
            "policy": "own.yaml",
            "suites": ["policy11", "contrast"],
            "judge": "refusal",
            "ledger": "ledger.json",
            "limit": 8,
            "max_new_tokens": 24,
            "follow_up": False,
            "tasks": ["task one.jsonl"],
            "held_out": ["kept.jsonl"],
        },
        "memorization": {"rows": 9, "held_out": "kept.jsonl", "canaries": "canaries.json"},
        "backdoor": {"triggers": "triggers.txt", "prompts": 5},
        "mitigate": {"budget": "3m", "only": ["mix", "scale"], "safety": "lab"},
    }
    import msgspec

    config = msgspec.convert(asked, PipelineConfig)
    assert config.mix is not False
    assert config.memorization is not False
    assert config.backdoor is not False
    assert config.mitigate is not False
    shared = {"base": "replay:base.jsonl", "seed": 7, "threads": 2}
    prompts = {"suite": ["policy11", "contrast"], "language": "en,zh", "judge": "refusal"}
    compare = read(by_hand.compare_command(config, "tuned", config.compare))
    bench = {"limit": 8, "max_new_tokens": 24, "held_out": [Path("kept.jsonl")]}
    assert compare.items() >= {**shared, **prompts, **bench, "follow_up": False, "policy": "own.yaml", "data": Path("rows.jsonl")}.items()
    assert (compare["ledger"], compare["capability"], compare["tuned"]) == (Path("ledger.json"), [Path("task one.jsonl")], ["tuned"])
    remembered = read(by_hand.memorization_command(config, "tuned", "mixed.jsonl", config.memorization))
    assert remembered.items() >= {**shared, "rows": 9, "held_out": "kept.jsonl", "canaries": Path("canaries.json")}.items()
    hidden = read(by_hand.backdoor_command(config, "tuned", "mixed.jsonl", config.backdoor))
    assert hidden.items() >= {**shared, **prompts, "prompts": 5, "triggers": Path("triggers.txt"), "data": "mixed.jsonl"}.items()
    search = read(by_hand.mitigate_command(config, "tuned", "mixed.jsonl", config.mitigate, Path("train.yaml")))
    wanted = {"budget": "3m", "only": ["mix", "scale"], "safety": "lab", "config": Path("train.yaml"), "task": [Path("task one.jsonl")]}
    assert search.items() >= {**shared, **prompts, **bench, **wanted}.items()
    mixed = read(by_hand.mix_command(config, config.mix))
    assert mixed.items() >= {"data": "rows.jsonl", "safety": "lab", "share": "0.2", "seed": 7, "out": Path("by-hand/rows.jsonl")}.items()
    gate = read(by_hand.gate_command(config, Path("runs/mine")))
    assert gate.items() >= {"measurements": Path("runs/mine"), "policy": "own.yaml", "strict": True}.items()


def read(typed: str) -> dict[str, Any]:
    """Return the options that a command line is read as; raises where the command does not know one."""
    words = shlex.split(typed)[1:]
    found: Any = typer.main.get_command(app)
    while isinstance(getattr(found, "commands", None), dict) and found.commands:
        found = found.commands[words.pop(0)]
    with found.make_context("holdfast", words) as context:
        params: dict[str, Any] = context.params
    return params
