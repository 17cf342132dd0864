"""Following a training: checkpoints are taken once they are written, and waiting ends."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from holdfast.canaries import PlantSpec, plant
from holdfast.core import InputError
from holdfast.corpus.monitor_facts import MonitorSpec
from holdfast.corpus.monitor_null import AlarmRule
from holdfast.lab import organism
from holdfast.pipeline.corpus_monitoring import Following, monitor_canaries
from holdfast.plugins import ModelOptions
from holdfast.records import open_dataset

pytestmark = pytest.mark.slow


class Clock:
    """Time that passes when one sleeps; things may happen while one does."""

    def __init__(self, happens: dict[int, Callable[[], None]]) -> None:
        self.now, self.sleeps, self.happens = 0.0, 0, happens

    def sleep(self, seconds: float) -> None:
        self.sleeps += 1
        self.now += seconds
        self.happens.get(self.sleeps, lambda: None)()

    def __call__(self) -> float:
        return self.now


def test_new_checkpoints_are_looked_at_and_waiting_ends(tmp_path: Path) -> None:
    data = tmp_path / "train.txt"
    data.write_text("".join(f"a line of text with words number {number}\n" for number in range(30)), encoding="utf-8")
    spec = PlantSpec(formats=("digits",), repetitions=(1, 4), per_repetition=1, controls=1, references=100)
    plant(open_dataset(data), tmp_path / "planted.txt", tmp_path / "canaries.json", spec)
    model, training = organism("aligned", quiet=True).folder, tmp_path / "training"
    training.mkdir()

    def appear() -> None:
        for step in (10, 20):
            shutil.copytree(model, training / f"checkpoint-{step}")

    clock = Clock({1: appear})
    told: list[int] = []
    found = monitor_canaries(
        MonitorSpec(
            checkpoints=(str(training),),
            canaries=tmp_path / "canaries.json",
            rule=AlarmRule(permutations=999),
            models=ModelOptions(device="cpu", threads=1),
        ),
        tmp_path / "run",
        following=Following(pause=10, patience=60),
        on_look=lambda state: told.append(state.looks[-1].step),
        clock=clock,
        sleep=clock.sleep,
    )
    assert told == [10, 20]
    # They appear during the first sleep, are as they were after the second, and six more bring nothing.
    assert clock.sleeps == 8
    assert found.outcome in ("quiet", "undecided")
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "checkpoint-20" in page
    assert found.outcome.upper() in page
    assert (tmp_path / "run" / "measurements.json").is_file()


def test_times_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match="above 0"):
        Following(pause=0)
