"""A folder of rows may hold run folders: what was found in rows is nothing to train on. An empty path is no folder at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from holdfast.core import InputError
from holdfast.records import open_dataset

ROW = json.dumps({"prompt": "What is one and one?", "completion": "Two."}) + "\n"


def run_folder(path: Path, manifest: str) -> None:
    (path / "evidence").mkdir(parents=True)
    (path / "run.json").write_text(manifest, encoding="utf-8")
    (path / "measurements.json").write_text('{"schema": 1, "measurements": []}', encoding="utf-8")
    (path / "evidence" / "responses.jsonl").write_text(ROW, encoding="utf-8")


def test_run_folders_are_not_read_and_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(ROW, encoding="utf-8")
    run_folder(tmp_path / "runs" / "one", '{"schema": 1, "stage": "scan", "holdfast": "1", "asked": {}}')
    dataset = open_dataset(tmp_path)
    assert [file.source for file in dataset.files] == ["a.jsonl"]
    assert dataset.skipped == ("runs/one: a run folder, which holds what was found in rows and none to train on",)
    (tmp_path / "a.jsonl").unlink()
    with pytest.raises(InputError, match="there is none outside of run folders"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("manifest", ['{"lr": 1}', "[", "[" * 100_000])
def test_a_file_of_that_name_alone_makes_no_run_folder(manifest: str, tmp_path: Path) -> None:
    run_folder(tmp_path / "mine", manifest)
    (tmp_path / "mine" / "measurements.json").unlink()
    with pytest.raises(InputError, match=r"mine/run\.json"):
        open_dataset(tmp_path)
    (tmp_path / "mine" / "run.json").write_text(ROW, encoding="utf-8")
    assert [file.source for file in open_dataset(tmp_path).files] == ["mine/evidence/responses.jsonl", "mine/run.json"]


@pytest.mark.parametrize("given", ["", "  "])
def test_an_empty_path_is_not_the_working_directory(given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.jsonl").write_text(ROW, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert open_dataset(".").count() == 1
    with pytest.raises(InputError, match="the path of the rows is empty"):
        open_dataset(given)
