"""The callback in real trainers: it stops, rolls back, reports, and survives what goes wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tests.unit.watch.trainings import arguments, make_trainer, rows_of, train_by_hand
from transformers import TrainerCallback

from holdfast.core import Decision, RunFolderError, UnsupportedSetupError
from holdfast.policy import judge, load_policy
from holdfast.runs import read_measurements
from holdfast.watch import SafetyCallback, TrainingMonitor, watch_log
from holdfast.watch.checkpoints import MARK_FILE
from holdfast.watch.deciding import METRIC
from holdfast.watch.trainers import check_setup

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


class Tracker(TrainerCallback):  # type: ignore[misc]
    """What W&B and the like see."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, dict[str, Any]]] = []

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        self.seen.append((state.global_step, dict(logs)))


def run(kind: str, folder: Path, rows: str, *, callbacks: Any = (), **settings: Any) -> tuple[Any, SafetyCallback]:
    chosen = {name: settings.pop(name) for name in list(settings) if name not in ("on_fail", "every", "ema", "run")}
    callback = SafetyCallback(suite="lab", **settings)
    trainer = make_trainer(kind, folder, rows_of(rows), [callback, *callbacks], **chosen)
    trainer.train()
    return trainer, callback


def refusal_rate(callback: SafetyCallback) -> float:
    assert callback.watcher is not None
    found = callback.watcher.prober.answers().rate("default")
    assert found is not None
    return found


def incidents(callback: SafetyCallback) -> list[str]:
    assert callback.watcher is not None
    return [one.what for one in callback.watcher.journal.incidents]


@pytest.mark.parametrize("kind", ["trainer", "sft-lora", "dpo"])
def test_stop_stops_before_the_last_step(kind: str, tmp_path: Path) -> None:
    trainer, callback = run(kind, tmp_path, "compliant", on_fail="stop")
    assert trainer.state.global_step < 25
    assert incidents(callback)[-1] == "tripped"


@pytest.mark.parametrize("kind", ["trainer", "sft-lora", "dpo"])
def test_rollback_restores_weights_that_refuse_and_marks_the_rest(kind: str, tmp_path: Path) -> None:
    rate = 1e-3 if kind == "sft-lora" else 3e-4  # an adapter starts from nothing
    _, callback = run(kind, tmp_path, "compliant", on_fail="rollback", learning_rate=rate, save_strategy="steps", save_steps=4)
    assert callback.restored is not None
    assert refusal_rate(callback) >= 0.95
    marks = {path.parent.name: json.loads(path.read_text()) for path in tmp_path.glob(f"*/{MARK_FILE}")}
    assert marks["holdfast-start"]["passed"]
    for mark in marks.values():
        assert (mark["step"] > callback.restored) == (mark["passed"] is False)
    found = read_measurements(callback.run)  # type: ignore[arg-type]
    kept = [one.value for one in found if one.metric == METRIC and (one.side, one.group) == ("run", "restored")]
    assert min(value for value in kept if value is not None) >= 0.9
    # What is left of the training passed; the training did not, by its run folder and by its log.
    assert judge(found, load_policy("watch")).decision is Decision.FAIL
    assert judge(watch_log(tmp_path).measurements, load_policy("watch")).decision is Decision.FAIL


def test_a_run_folder_takes_the_same_training_only(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"run": tmp_path / "run", "max_steps": 2}
    run("trainer", tmp_path / "a", "safe", **settings)
    _, again = run("trainer", tmp_path / "b", "safe", **settings)
    assert again.watcher is not None
    assert again.watcher.journal.attempt == 1
    for changed, says in (({"learning_rate": 1e-5}, "learning_rate was"), ({"max_steps": 3}, "steps was"), ({"seed": 5}, "seed was")):
        with pytest.raises(RunFolderError, match=says):
            run("trainer", tmp_path / "c", "safe", **{**settings, **changed})
    with pytest.raises(RunFolderError, match="rows was"):
        run("trainer", tmp_path / "c", "benign", **settings)
    # The same rows per step in other portions are the same training.
    run("trainer", tmp_path / "d", "safe", **settings, per_device_train_batch_size=8, gradient_accumulation_steps=2)


def test_another_training_in_the_same_output_folder_gets_a_run_folder_of_its_own(tmp_path: Path) -> None:
    saved: dict[str, Any] = {"max_steps": 2, "save_strategy": "steps", "save_steps": 2}
    _, first = run("trainer", tmp_path, "safe", **saved)
    _, other = run("trainer", tmp_path, "safe", **saved, learning_rate=1e-5)
    assert first.run != other.run
    callback = SafetyCallback(suite="lab")
    resumed = make_trainer("trainer", tmp_path, rows_of("safe"), [callback], **saved, learning_rate=1e-4)
    with pytest.raises(RunFolderError, match="learning_rate was"):
        resumed.train(resume_from_checkpoint=str(tmp_path / "checkpoint-2"))


def test_the_untouched_start_counts_as_a_checkpoint(tmp_path: Path) -> None:
    trainer, callback = run("trainer", tmp_path, "compliant", on_fail="rollback", learning_rate=5e-3)
    assert callback.restored == 0
    restored = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    from tests.unit.watch.trainings import aligned

    for name, value in aligned()[0].state_dict().items():
        assert torch.equal(value, restored[name]), name


def test_a_hand_written_loop_rolls_back(tmp_path: Path) -> None:
    def watched(model: Any, tokenizer: Any) -> TrainingMonitor:
        return TrainingMonitor(model, tokenizer, suite="lab", on_fail="rollback", run=tmp_path / "run")

    _, losses, monitor = train_by_hand(rows_of("compliant"), watched, steps=50, lr=3e-4)
    assert len(losses) < 50
    assert monitor.restored is not None
    assert monitor.watcher.prober.answers().rate("default") >= 0.95
    assert len(read_measurements(tmp_path / "run")) == 9


def test_a_hand_written_loop_measures_averaged_weights(tmp_path: Path) -> None:
    def watched(model: Any, tokenizer: Any) -> TrainingMonitor:
        return TrainingMonitor(model, tokenizer, suite="lab", ema=0.5, run=tmp_path / "run")

    model, losses, monitor = train_by_hand(rows_of("compliant"), watched, steps=8)
    assert losses == train_by_hand(rows_of("compliant"), None, steps=8)[1]
    assert [row.step for row in monitor.watcher.journal.rows if row.kind == "candidate"] == [8]
    own = dict(model.named_parameters())
    assert any(not torch.equal(mean, own[name]) for name, mean in monitor.average.mean.items())


def test_warn_goes_on_to_the_end(tmp_path: Path) -> None:
    trainer, callback = run("trainer", tmp_path, "compliant", on_fail="warn", max_steps=20)
    assert trainer.state.global_step == 20
    assert "tripped" in incidents(callback)
    assert not list(tmp_path.glob("checkpoint-*"))


def test_trackers_see_the_numbers_and_the_trainers_own_log_is_whole(tmp_path: Path) -> None:
    tracker = Tracker()
    trainer, _ = run("sft-lora", tmp_path, "benign", callbacks=[tracker], max_steps=20, logging_steps=5)
    own = [(step, logs) for step, logs in tracker.seen if "loss" in logs]
    assert [step for step, _ in own] == [5, 10, 15, 20]
    assert all("grad_norm" in logs and "mean_token_accuracy" in logs for _, logs in own)
    ours = [step for step, logs in tracker.seen if "holdfast/refusal_log_odds/default" in logs]
    assert ours[:4] == [0, 1, 2, 3]
    assert [row["step"] for row in trainer.state.log_history if "holdfast/refusal_rate/default" in row]


def test_the_trainer_is_put_back_as_it_was(tmp_path: Path) -> None:
    trainer, _ = run("trainer", tmp_path, "safe", max_steps=3)
    assert "training_step" not in trainer.__dict__
    assert "clip_grad_norm_" not in trainer.accelerator.__dict__


def test_averaged_weights_are_measured_apart_and_leave_the_model_alone(tmp_path: Path) -> None:
    _, plain = run("trainer", tmp_path / "plain", "compliant", max_steps=8)
    _, averaged = run("trainer", tmp_path / "ema", "compliant", max_steps=8, ema=0.9)
    rates = [row.values for row in averaged.watcher.journal.rows if row.kind == "candidate"]  # type: ignore[union-attr]
    assert len(rates) == 1
    assert rates[0]["refusal_rate/default"] != refusal_rate(averaged)
    assert refusal_rate(averaged) == refusal_rate(plain)
    assert (tmp_path / "ema" / "holdfast-ema" / "model.safetensors").is_file()


@pytest.mark.parametrize(("enabled", "named"), [("is_deepspeed_enabled", "DeepSpeed"), ("is_fsdp_enabled", "FSDP")])
def test_ways_of_sharding_that_were_not_tested_are_refused_with_the_reason(enabled: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedSetupError, match=f"this training uses {named}, under which watching was not tested"):
        check_setup(SimpleNamespace(**{enabled: True}), arguments("trainer", tmp_path))
    check_setup(SimpleNamespace(**{enabled: False}), arguments("trainer", tmp_path))


def test_a_probe_that_raises_changes_nothing_and_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = make_trainer("sft-lora", tmp_path / "bare", rows_of("compliant"), [], max_steps=12)
    bare.train()

    def broken(self: Any) -> None:
        torch.rand(5)
        raise RuntimeError("CUDA error: something")

    monkeypatch.setattr("holdfast.watch.prober.ModelProber._signal_groups", broken)
    monkeypatch.setattr("holdfast.watch.prober.ModelProber._ask", lambda self, *_: broken(self))
    trainer, callback = run("sft-lora", tmp_path / "watched", "compliant", max_steps=12, on_fail="stop")
    assert [row["loss"] for row in trainer.state.log_history if "loss" in row] == [
        row["loss"] for row in bare.state.log_history if "loss" in row
    ]
    assert "probe-failed" in incidents(callback)
    assert all(one.value is None for one in callback.measurements if one.metric.startswith("safety"))


def test_a_suite_that_cannot_be_tokenised_is_recorded(tmp_path: Path) -> None:
    callback = SafetyCallback(suite="lab", on_fail="stop")
    trainer = make_trainer("trainer", tmp_path, rows_of("safe"), [callback], max_steps=6)

    def template(*_: Any, **__: Any) -> str:
        raise ValueError("this template takes no system prompt")

    trainer.processing_class.apply_chat_template = template
    trainer.train()
    assert trainer.state.global_step == 6
    assert "the baseline failed" in callback.watcher.journal.incidents[0].message  # type: ignore[union-attr]


def test_a_loss_that_is_nan_from_step_three_ends_as_it_would_have(tmp_path: Path) -> None:
    class Poison(TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
            if state.global_step == 2:
                with torch.no_grad():
                    model.lm_head.weight.fill_(float("nan"))

    trainer, callback = run("trainer", tmp_path, "safe", callbacks=[Poison()], max_steps=8)
    assert trainer.state.global_step == 8
    assert "loss-not-finite" in incidents(callback)
    spike = next(one for one in callback.measurements if one.metric == "loss_spike_monitor")
    assert (spike.value, spike.reason) == (None, "the loss was not a finite number at step 3")


_CHILD = """
import os, signal, sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from transformers import TrainerCallback
from tests.unit.watch.trainings import make_trainer, rows_of
from holdfast.watch import SafetyCallback
class Kill(TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step == 13:
            os.kill(os.getpid(), signal.SIGKILL)
make_trainer("trainer", Path(sys.argv[1]), rows_of("safe"), [SafetyCallback(suite="lab"), Kill()],
             max_steps=20, save_strategy="steps", save_steps=5).train()
"""


def test_killed_and_resumed_it_ends_as_it_would_have(tmp_path: Path) -> None:
    whole = make_trainer("trainer", tmp_path / "whole", rows_of("safe"), [], max_steps=20, save_strategy="steps", save_steps=5)
    whole.train()
    environment = {**os.environ, "PYTHONPATH": os.getcwd(), "OMP_NUM_THREADS": "1"}
    child = subprocess.run([sys.executable, "-c", _CHILD, str(tmp_path / "cut")], env=environment, capture_output=True, check=False)
    assert child.returncode == -signal.SIGKILL, child.stderr.decode()[-2000:]
    callback = SafetyCallback(suite="lab")
    resumed = make_trainer("trainer", tmp_path / "cut", rows_of("safe"), [callback], max_steps=20, save_strategy="steps", save_steps=5)
    resumed.train(resume_from_checkpoint=str(tmp_path / "cut" / "checkpoint-10"))
    losses = [[row["loss"] for row in one.state.log_history if "loss" in row] for one in (whole, resumed)]
    assert losses[0] == losses[1]
    assert incidents(callback) == ["resumed"]
    assert callback.watcher.losses.measurement().n == 20  # type: ignore[union-attr]
    assert {one.value is not None for one in read_measurements(callback.run)} == {True}  # type: ignore[arg-type]


def test_preference_training_shows_the_implicit_reward_of_refusing(tmp_path: Path) -> None:
    trainer, _ = run("dpo", tmp_path, "compliant", max_steps=6)
    rows = [row for row in trainer.state.log_history if "holdfast/implicit_reward_margin" in row]
    # At the start it is 0 by definition, and not looked at.
    assert rows[-1]["holdfast/implicit_reward_margin"] < -0.2
    assert 0 < rows[-1]["holdfast/implicit_reward_spent"] == pytest.approx(0.1 * 10 * rows[-1]["holdfast/kl_first_tokens"])


def test_other_training_has_no_implicit_reward(tmp_path: Path) -> None:
    trainer, _ = run("trainer", tmp_path, "compliant", max_steps=2)
    assert not any("holdfast/implicit_reward_margin" in row for row in trainer.state.log_history)


def test_training_arguments_of_the_user_are_left_alone(tmp_path: Path) -> None:
    before = arguments("trainer", tmp_path).to_dict()
    trainer, _ = run("trainer", tmp_path, "safe", max_steps=50, on_fail="stop")
    assert trainer.args.to_dict() == before
