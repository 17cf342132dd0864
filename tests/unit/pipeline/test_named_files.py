"""What settings name on this machine counts with its contents, whatever the setting is called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from holdfast.pipeline.named_files import contents_named


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model, an adapter, a list in a folder and a file."""
    monkeypatch.chdir(tmp_path)
    for name in ("model", "adapter", "lists/below"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "model" / "config.json").write_text("{}")
    (tmp_path / "model" / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "adapter" / "adapter_config.json").write_text("{}")
    (tmp_path / "lists" / "below" / "rows.csv").write_text("a")
    (tmp_path / "file.jsonl").write_text("{}")
    return tmp_path


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("./model", "model/model.safetensors"),
        ("file.jsonl", "file.jsonl"),
        ("replay:file.jsonl", "file.jsonl"),
        ("guard/qwen3=./model", "model/config.json"),
        ("rubric=replay:file.jsonl", "file.jsonl"),
        ("lists", "lists/below/rows.csv"),
        ("harmbench=lists", "lists/below/rows.csv"),
        ("model+adapter", "model/model.safetensors"),
        ("model+./adapter", "adapter/adapter_config.json"),
        ("lab:aligned+./adapter", "adapter/adapter_config.json"),
        ("rubric=./model+./adapter", "adapter/adapter_config.json"),
        ("ensemble:mixed.json", "model/model.safetensors"),
        ("ensemble:mixed.json", "mixed.json"),
    ],
)
def test_a_file_behind_a_value_counts_and_its_times_do_not(place: Path, value: str, written: str) -> None:
    (place / "mixed.json").write_text(json.dumps({"base": str(place / "model"), "tuned": "replay:file.jsonl", "weight": 0.5}))
    settings = {"a": [{"of_tomorrow": value}]}
    before = contents_named(settings)
    assert list(before) == ["a[0].of_tomorrow"]
    (place / written).touch()
    assert contents_named(settings) == before
    old = (place / written).read_bytes()
    (place / written).write_bytes(old + b" ")
    assert contents_named(settings) != before
    (place / written).write_bytes(old)
    assert contents_named(settings) == before


def test_what_is_no_place_counts_by_name_alone(place: Path) -> None:
    for name in ("data", "full", "lab", "refusal"):
        (place / name).mkdir()
    named = {"policy": "data", "suites": ["lab"], "judge": "refusal", "base": "hub:org/model", "url": "https://host/v1", "empty": ""}
    assert contents_named({**named, "rows": 3, "base2": "lab:aligned", "root": "/", "long": "x" * 9_999 + "+", "zero": "a\0b"}) == {}


def test_logs_beside_a_model_and_the_run_itself_do_not_count(place: Path) -> None:
    before = contents_named({"base": "model", "rows": "lists"}, besides=place / "lists" / "run")
    (place / "model" / "notes.log").write_text("x")
    (place / "lists" / "run").mkdir()
    (place / "lists" / "run" / "verdict.json").write_text("x")
    assert contents_named({"base": "model", "rows": "lists"}, besides=place / "lists" / "run") == before


def test_a_command_counts_with_its_files_and_not_where_it_writes(place: Path) -> None:
    asked = {"command": "python train.py --rows=file.jsonl --out lists --log all.log 'unfinished"}
    assert contents_named(asked) == {}
    asked = {"command": "python train.py --rows=file.jsonl --out lists --log all.log"}
    before = contents_named(asked)
    (place / "all.log").write_text("x")
    (place / "lists" / "weights").write_text("x")
    assert contents_named(asked) == before
    (place / "train.py").write_text("x")
    assert contents_named(asked) != before
