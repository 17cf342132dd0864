"""A run of several stages is told from another of its name, and has the models that its verdict is about."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.history.conftest import write_run

from holdfast.core import InputError
from holdfast.history import History, read_run
from holdfast.runs import Manifest

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History(f"sqlite:///{tmp_path / 'history.db'}") as opened:
        yield opened


def write_pipeline(folder: Path, tuned: str, *, key: str = "compare-1", policy: str = "p") -> Path:
    """Write a pipeline's folder as every pipeline named 'mine' has it, with its comparison inside."""
    write_run(folder, "base", tuned, stage="run")
    _asked(folder, {"name": "mine"}, "run")
    write_run(folder / "compare-1", "base", tuned)
    story = {
        "base": "base",
        "model": tuned,
        "steps": [{"name": "compare", "key": key, "folder": "compare-1"}],
        "verdict": {"policy_digest": policy},
    }
    (folder / "story.json").write_bytes(msgspec.json.encode(story))
    return folder


def write_search(folder: Path, recommended: str | None) -> Path:
    """Write a search for a repair of 'fine-tune', with the fine-tune and one repair on the report half."""
    write_run(folder, "base", "x", stage="mitigate auto")
    _asked(folder, {"base": "base", "tuned": "fine-tune"}, "mitigate auto")
    write_run(folder / "trials" / "tuned" / "report", "base", "fine-tune")
    write_run(folder / "trials" / "scale-0.5" / "report", "base", "repaired")
    (folder / "search.json").write_bytes(msgspec.json.encode({"recommended": recommended}))
    return folder


def _asked(folder: Path, asked: dict[str, Any], stage: str) -> None:
    manifest = Manifest(stage=stage, holdfast="0.1.0", command=f"holdfast {stage}", seed=0, asked=asked)
    (folder / "run.json").write_bytes(msgspec.json.encode(manifest))


@pytest.mark.parametrize("other", [{"tuned": "another"}, {"key": "compare-2"}, {"policy": "q"}])
def test_two_pipelines_of_one_name_are_two_runs_although_their_numbers_are_the_same(
    history: History, tmp_path: Path, other: dict[str, str]
) -> None:
    first = read_run(write_pipeline(tmp_path / "a", "tuned"))
    second = read_run(write_pipeline(tmp_path / "b", **{"tuned": "tuned", **other}))
    history.record(first, now=NOON)
    history.record(second, now=NOON + timedelta(hours=1))
    assert {(run.folder, run.recorded.hour) for run in history.runs()} == {(first.folder, 12), (second.folder, 13)}


def test_a_pipeline_in_another_place_is_the_same_run(tmp_path: Path) -> None:
    here = write_pipeline(tmp_path / "here", "tuned")
    there = Path(shutil.copytree(here, tmp_path / "there"))
    assert read_run(here).id == read_run(there).id


@pytest.mark.parametrize(("recommended", "model"), [("scale-0.5", "repaired"), (None, "fine-tune")])
def test_a_search_has_the_model_that_it_recommends(tmp_path: Path, recommended: str | None, model: str) -> None:
    found = read_run(write_search(tmp_path / "search", recommended))
    assert [(one.side, one.reference) for one in found.models] == [("base", "base"), ("tuned", model)]
    assert found.asked["tuned"] == "fine-tune"
    assert found.asked["recommended"]["reference"] == model


@pytest.mark.parametrize("recommended", ["../../elsewhere", "/elsewhere"])
def test_a_search_that_recommends_what_lies_elsewhere_has_no_models(tmp_path: Path, recommended: str) -> None:
    write_run(tmp_path / "elsewhere" / "report", "base", "stranger")
    folder = write_search(tmp_path / "search", f"../{recommended}" if recommended.startswith("..") else f"{tmp_path}{recommended}")
    assert read_run(folder).models == ()


def test_a_run_of_no_tuned_model_is_not_released_and_the_way_is_named(history: History, tmp_path: Path) -> None:
    folder = write_pipeline(tmp_path / "a", "tuned")
    (folder / "story.json").unlink()
    found = read_run(folder)
    history.record(found)
    with pytest.raises(InputError, match="holdfast compare BASE TUNED"):
        history.release("bot", history.run(found.id))


def test_a_folder_named_with_dots_is_the_same_folder(history: History, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", "base", "tuned")
    (tmp_path / "beside").mkdir()
    history.record(read_run(tmp_path / "beside" / ".." / "run"))
    assert [run.folder for run in history.runs()] == [str(folder)]
    assert history.run(f"{tmp_path}/beside/../run").folder == str(folder)
