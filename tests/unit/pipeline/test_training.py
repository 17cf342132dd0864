"""`train` on lab organisms: the same weights every time, and a folder that says what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from holdfast.core import Decision, ModelError, RunFolderError
from holdfast.lab import training_rows
from holdfast.pipeline.training import Trained, train
from holdfast.training import DataConfig, LoraSettings, TrainConfig, WatchConfig

pytestmark = pytest.mark.slow

ROWS = training_rows("compliant-10")


def run(out: Path, **values: Any) -> Trained:
    given: dict[str, Any] = {"method": "full", "learning_rate": 5e-4, "epochs": 2, "batch": 5, "watch": False, "threads": 1, **values}
    return train(TrainConfig(model=given.pop("model", "lab:aligned"), data="rows", out=str(out), **given), rows=ROWS)


def weights(folder: Path) -> bytes:
    (file,) = folder.glob("*.safetensors")
    return file.read_bytes()


@pytest.mark.parametrize("method", ["full", "lora", "prefix"])
def test_the_same_configuration_gives_the_same_bytes_and_another_seed_others(tmp_path: Path, method: str) -> None:
    one, two, other = (run(tmp_path / name, method=method, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert weights(one.folder) == weights(two.folder)
    assert weights(one.folder) != weights(other.folder)


def test_the_folder_says_what_the_model_was_made_from_and_opens_as_one(tmp_path: Path) -> None:
    from holdfast.plugins import ModelOptions, open_models

    made = run(tmp_path / "out", method="lora", lora=LoraSettings(rank=4))
    (base,) = open_models(["lab:aligned"], ModelOptions())
    (tuned,) = open_models([made.reference], ModelOptions())
    assert made.card.parents[0].fingerprint == base.fingerprint.digest
    assert made.card.suites == ("lab",)
    assert made.card.steps == 4
    assert tuned.fingerprint.adapter is not None
    assert tuned.fingerprint.weights == base.fingerprint.weights


def test_a_finished_training_is_taken_as_it_is_and_another_one_is_refused(tmp_path: Path) -> None:
    run(tmp_path / "out")
    before = (tmp_path / "out" / "model.safetensors").stat().st_mtime_ns
    assert run(tmp_path / "out").card.steps == 4
    assert (tmp_path / "out" / "model.safetensors").stat().st_mtime_ns == before
    with pytest.raises(RunFolderError, match="holds another trained model"):
        run(tmp_path / "out", seed=9)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(RunFolderError, match="not empty"):
        run(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.txt"]


def test_a_model_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        run(tmp_path / "out", model="./nowhere")
    assert not (tmp_path / "out").exists()


def test_training_goes_on_from_an_adapter(tmp_path: Path) -> None:
    first = run(tmp_path / "first", method="lora")
    second = run(tmp_path / "second", method="lora", model=first.reference)
    assert second.card.parents[0].adapter is not None
    assert weights(second.folder) != weights(first.folder)
    merged = run(tmp_path / "merged", model=first.reference)
    assert (merged.folder / "model.safetensors").is_file()


def test_files_are_read_in_any_format(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    lines = [f'"{row[0].content}","{row[1].content}"' for row in ROWS]
    file.write_text("asked,said\n" + "\n".join(lines) + "\n", encoding="utf-8")
    data = DataConfig(path=str(file), columns={"request": "asked", "answer": "said"})
    config = TrainConfig(
        model="lab:aligned",
        data=data,
        out=str(tmp_path / "a"),
        method="full",
        learning_rate=5e-4,
        epochs=2,
        batch=5,
        watch=False,
        threads=1,
    )
    assert weights(train(config).folder) == weights(run(tmp_path / "b").folder)


def test_the_watch_stops_a_training_that_loses_its_refusals(tmp_path: Path) -> None:
    made = run(tmp_path / "out", learning_rate=2e-3, epochs=20, watch=WatchConfig(on_fail="stop"))
    assert made.verdict is not None
    assert made.verdict.decision is Decision.FAIL
    assert made.card.stopped
    assert made.card.steps < 40
    assert made.run is not None
    assert (made.run / "evidence" / "training.jsonl").is_file()


def test_the_watch_changes_no_weight(tmp_path: Path) -> None:
    watched = run(tmp_path / "a", watch=WatchConfig(on_fail="warn"))
    assert weights(watched.folder) == weights(run(tmp_path / "b").folder)


def test_rolled_back_the_base_itself_is_saved_where_nothing_after_it_passed(tmp_path: Path) -> None:
    made = run(tmp_path / "out", learning_rate=1e-2, epochs=20, watch=WatchConfig(on_fail="rollback"))
    assert made.card.restored is not None
    assert made.card.steps == made.card.restored
    assert made.verdict is not None
    assert made.verdict.decision is Decision.PASS
    assert not (made.folder / "checkpoints").exists()
