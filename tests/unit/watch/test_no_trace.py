"""A watched training is the same training, to the last bit, in every kind of trainer."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from tests.unit.watch.trainings import make_trainer, rows_of, train_by_hand

from holdfast.watch import SafetyCallback, TrainingMonitor

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def losses_of(kind: str, folder: Path, *, watched: bool, **chosen: Any) -> list[tuple[int, float, float]]:
    callbacks = [SafetyCallback(suite="lab", every=7)] if watched else []
    trainer = make_trainer(kind, folder, rows_of("compliant"), callbacks, **chosen)
    trainer.train()
    if watched:
        rows = callbacks[0].watcher.journal.rows  # type: ignore[union-attr]
        assert any(row.kind == "answers" for row in rows), "answers were generated in the middle of the training"
        assert len({row.step for row in rows if row.kind != "loss"}) >= 3
    return [(row["step"], row["loss"], row["grad_norm"]) for row in trainer.state.log_history if "loss" in row]


@pytest.mark.parametrize("kind", ["trainer", "sft-lora", "dpo"])
def test_fifty_losses_are_equal_to_the_last_bit(kind: str, tmp_path: Path) -> None:
    bare = losses_of(kind, tmp_path / "bare", watched=False)
    assert len(bare) == 50
    assert losses_of(kind, tmp_path / "watched", watched=True) == bare


@pytest.mark.parametrize(
    "chosen",
    [
        {"gradient_accumulation_steps": 2, "per_device_train_batch_size": 8},
        {"gradient_checkpointing": True},
        {"bf16": True},
        {"packing": True, "max_length": 128, "assistant_only_loss": False, "per_device_train_batch_size": 2},
    ],
    ids=["accumulation", "checkpointing", "bf16", "packing"],
)
def test_every_way_of_training_stays_as_it_is(chosen: dict[str, Any], tmp_path: Path) -> None:
    settings = {**chosen, "max_steps": 20, "logging_steps": 5}
    bare = losses_of("sft-lora", tmp_path / "bare", watched=False, **settings)
    assert [step for step, _, _ in bare] == [5, 10, 15, 20]
    assert losses_of("sft-lora", tmp_path / "watched", watched=True, **settings) == bare


def monitored(model: Any, tokenizer: Any) -> TrainingMonitor:
    return TrainingMonitor(model, tokenizer, suite="lab", every=7)


def test_a_hand_written_loop_is_the_same_too() -> None:
    bare = train_by_hand(rows_of("compliant"), None, steps=50)[1]
    assert train_by_hand(rows_of("compliant"), monitored, steps=50)[1] == bare


def test_a_careless_probe_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = train_by_hand(rows_of("compliant"), None, steps=5)[1]
    monkeypatch.setattr("holdfast.probes.observing.undisturbed", lambda *_: contextlib.nullcontext())
    assert train_by_hand(rows_of("compliant"), monitored, steps=5)[1] != bare
