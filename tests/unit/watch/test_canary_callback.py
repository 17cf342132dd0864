"""Exposure during training: it grows for what is trained on, and the training does not notice."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from tests.unit.models.tiny import build_model, build_tokenizer
from tests.unit.watch.trainings import make_trainer, rows_of

from holdfast.canaries import PlantSpec, plant
from holdfast.core import InputError, Phase
from holdfast.records import open_dataset
from holdfast.watch import CanaryCallback, SafetyCallback


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    words = ["".join(chr(ord("a") + int(digit)) for digit in f"{number:03d}") for number in range(40)]
    rows = [{"prompt": " ".join(words[n : n + 4]), "completion": " ".join(words[n + 4 : n + 9])} for n in range(30)]
    spec = PlantSpec(formats=("digits=2",), repetitions=(2,), per_repetition=2, controls=2)
    plant(open_dataset(rows), tmp_path / "new.jsonl", tmp_path / "manifest.json", spec)
    return tmp_path / "manifest.json"


def test_it_looks_at_start_epochs_and_end_and_leaves_no_trace(manifest: Path) -> None:
    model, tokenizer = build_model(), build_tokenizer()
    model.train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    random_state = torch.get_rng_state()
    callback = CanaryCallback(manifest, per_repetition=1)
    assert [canary.repetitions for canary in callback.canaries] == [0, 2]
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
    monkeypatch.setattr(CanaryCallback, "_look", lambda *_: 1 / 0)
    broken = SafetyCallback(suite="lab", canaries=manifest, run=tmp_path / "broken")
    losses = make_trainer("trainer", tmp_path / "other", rows_of("safe"), [broken], max_steps=3)
    losses.train()
    assert broken.watcher is not None
    assert {one.what for one in broken.watcher.journal.incidents if "canaries" in one.message} == {"probe-failed"}
    own, other = ([row["loss"] for row in run.state.log_history if "loss" in row] for run in (trainer, losses))
    assert own == other
