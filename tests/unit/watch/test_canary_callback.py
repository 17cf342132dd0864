"""Exposure during training: it grows for what is trained on, and the training does not notice."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tests.unit.models.tiny import build_model, build_tokenizer
from tests.unit.watch.trainings import aligned, make_trainer, rows_of, train_by_hand

from holdfast.canaries import PlantSpec, plant
from holdfast.core import InputError, Phase
from holdfast.records import open_dataset
from holdfast.watch import CanaryCallback, SafetyCallback, TrainingMonitor
from holdfast.watch.canary_watch import CanaryWatch


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    words = ["".join(chr(ord("a") + int(digit)) for digit in f"{number:03d}") for number in range(40)]
    rows = [{"prompt": " ".join(words[n : n + 4]), "completion": " ".join(words[n + 4 : n + 9])} for n in range(30)]
    spec = PlantSpec(formats=("digits=2",), repetitions=(2,), per_repetition=2, controls=2)
    plant(open_dataset(rows), tmp_path / "new.jsonl", tmp_path / "manifest.json", spec)
    return tmp_path / "manifest.json"


def test_it_looks_at_start_epochs_and_end_and_leaves_no_trace(manifest: Path) -> None:
    model, tokenizer = aligned()
    model.train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    random_state = torch.get_rng_state()
    callback = CanaryCallback(manifest, per_repetition=1)
    assert [canary.repetitions for canary in callback.watch.canaries] == [0, 2]
    state = SimpleNamespace(global_step=0, is_world_process_zero=True)
    callback.on_train_begin(None, state, None, model=model, processing_class=tokenizer)
    state.global_step = 5
    callback.on_epoch_end(None, state, None, model=model)
    callback.on_train_end(None, state, None, model=model)
    assert [step for step, _ in callback.history] == [0, 5]
    assert {one.phase for _, measured in callback.history for one in measured} == {Phase.DURING}
    logs: dict[str, float] = {}
    callback.on_log(None, state, None, logs=logs)
    assert set(logs) == {"holdfast/canary_exposure_x0", "holdfast/canary_exposure_x2"}
    assert model.training
    assert torch.equal(torch.get_rng_state(), random_state)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_other_processes_do_not_look_and_a_tokenizer_is_needed(manifest: Path) -> None:
    callback = CanaryCallback(manifest)
    state = SimpleNamespace(global_step=0, is_world_process_zero=False)
    callback.on_train_begin(None, state, None, model=None, processing_class=build_tokenizer())
    assert callback.history == []
    with pytest.raises(InputError, match="processing_class"):
        CanaryCallback(manifest).on_train_begin(None, state, None, model=None)


@pytest.mark.slow
def test_the_safety_callback_measures_canaries_too(manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    callback = SafetyCallback(suite="lab", canaries=manifest, run=tmp_path / "run")
    trainer = make_trainer("trainer", tmp_path / "out", rows_of("safe"), [callback], max_steps=3)
    trainer.train()
    assert {one.metric for one in callback.measurements} >= {"canary_exposure", "safety_probe_evaluation"}
    assert callback.watcher is not None
    assert [row.step for row in callback.watcher.journal.rows if row.kind == "canaries"] == [0, 3]
    monkeypatch.setattr(CanaryWatch, "look", lambda *_: 1 / 0)
    broken = SafetyCallback(suite="lab", canaries=manifest, run=tmp_path / "broken")
    losses = make_trainer("trainer", tmp_path / "other", rows_of("safe"), [broken], max_steps=3)
    losses.train()
    assert broken.watcher is not None
    assert {one.what for one in broken.watcher.journal.incidents if "canaries" in one.message} == {"probe-failed"}
    own, other = ([row["loss"] for row in run.state.log_history if "loss" in row] for run in (trainer, losses))
    assert own == other


@pytest.mark.slow
def test_a_hand_written_loop_measures_canaries_too(manifest: Path, tmp_path: Path) -> None:
    def watched(model: Any, tokenizer: Any) -> TrainingMonitor:
        return TrainingMonitor(model, tokenizer, suite="lab", canaries=manifest, run=tmp_path / "run")

    _, losses, monitor = train_by_hand(rows_of("safe"), watched, steps=3)
    assert [step for step, _ in monitor.canaries.history] == [0, 3]
    assert [row.step for row in monitor.watcher.journal.rows if row.kind == "canaries"] == [0, 3]
    assert losses == train_by_hand(rows_of("safe"), None, steps=3)[1]


def test_a_hand_written_loop_looks_after_an_epoch_and_gives_what_it_saw_last(manifest: Path, tmp_path: Path) -> None:
    monitor = TrainingMonitor(*aligned(), suite="lab", canaries=manifest, run=tmp_path / "run")
    monitor.start()
    monitor.step(loss=1.0)
    monitor.epoch_end()
    measured = monitor.finish()
    assert monitor.canaries is not None
    assert [step for step, _ in monitor.canaries.history] == [0, 1]
    assert {one.group for one in measured if one.metric == "canary_exposure"} >= {"x0", "x2"}


def test_after_a_roll_back_the_restored_weights_are_measured(manifest: Path, tmp_path: Path) -> None:
    monitor = TrainingMonitor(*aligned(), suite="lab", canaries=manifest, on_fail="rollback", run=tmp_path / "run")
    monitor.start()
    before = monitor.canaries.history[-1][1] if monitor.canaries is not None else ()
    with torch.no_grad():
        for parameter in monitor.model.parameters():
            parameter.add_(torch.randn_like(parameter))
    monitor.step(loss=1.0)
    monitor.epoch_end()
    monitor.watcher.stopped = "for the test"
    measured = monitor.finish()
    assert monitor.restored == 0
    assert [one.value for one in measured if one.metric == "canary_exposure"] == [
        one.value for one in before if one.metric == "canary_exposure"
    ]
    assert monitor.canaries is not None
    assert [step for step, _ in monitor.canaries.history] == [0, 1, 1]
    assert monitor.canaries.history[1][1] != monitor.canaries.history[2][1]


def test_candidates_that_the_tokenizer_cannot_tell_apart_are_not_ranked(manifest: Path) -> None:
    watch = CanaryWatch(manifest)
    watch.look(0, build_model(), build_tokenizer())
    exposures = [one for one in watch.history[0][1] if one.metric == "canary_exposure"]
    assert {one.value for one in exposures} == {None}
    assert "99 of 99 references get the very loss of the secret" in str(exposures[0].reason)
