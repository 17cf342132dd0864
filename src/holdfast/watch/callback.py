"""`SafetyCallback`: two lines in anyone's Trainer, and a training that loses its model's safety is stopped in time."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from holdfast.core import InputError, Measurement
from holdfast.watch.canary_watch import CanaryWatch
from holdfast.watch.checkpoints import CheckpointMark, Checkpoints
from holdfast.watch.monitor import WatchSettings
from holdfast.watch.same_training import open_journal, trainer_asked
from holdfast.watch.trainers import LossTap, check_setup, find_trainer, from_first_process, largest_over_processes, report
from holdfast.watch.watcher import Look, Watcher

__all__ = ["SafetyCallback"]


class SafetyCallback(TrainerCallback):  # type: ignore[misc]
    """Watches the safety of a model that a Hugging Face or TRL trainer fine-tunes.

    ```python
    from holdfast.watch import SafetyCallback

    trainer.add_callback(SafetyCallback(on_fail="rollback"))
    ```

    Before the first step it asks the model as it is; while training it looks at refusal log-odds, KL and update sizes by
    forward passes, generates short answers where these move and at fixed points, and holds the refusal rate against the
    policy. Numbers go to the trainer's log under `holdfast/`, and to a run folder (`holdfast-...` in the output folder unless
    `run` names one) as `loss_spike_monitor` and `safety_probe_evaluation`. The training itself is the same to the last bit.

    Args:
        tokenizer: needed only where the trainer has no `processing_class`.
        settings: those of `WatchSettings`: policy, suite, every, on_fail, run, judge, prompts, benign, max_new_tokens,
            conditions, ema, canaries, about.

    Raises UnsupportedSetupError when training begins under DeepSpeed or FSDP, which were not tested, and RunFolderError
    where the run folder holds another run. After that, whatever fails in a probe is a record and no error.
    """

    def __init__(self, *, tokenizer: Any = None, **settings: Any) -> None:
        self.settings = WatchSettings(**settings)
        self.watcher: Watcher | None = None
        """The watch of the training that is running, or was last; None before."""
        self.run: Path | None = None
        """Its run folder; None in every process but the first."""
        self.measurements: tuple[Measurement, ...] = ()
        """What was measured, once training has ended."""
        self.restored: int | None = None
        """The step that was rolled back to; 0 is the untouched start, None nothing."""
        self.canaries = CanaryWatch(self.settings.canaries) if self.settings.canaries is not None else None
        """Who measures planted canaries, where a manifest was given; its `history` has every look."""
        self._tokenizer = tokenizer
        self._used: Any = None
        """The tokenizer of the training that is running: the one that was given, or else the trainer's."""
        self._trainer: Any = None
        self._tap: LossTap | None = None
        self._checkpoints = Checkpoints(Path())
        self._average: Any = None

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        """Take the model as it is for the start, or take up the record of the run that is being resumed."""
        self._trainer = find_trainer()
        check_setup(self._trainer, args)
        tokenizer = self._tokenizer or kwargs.get("processing_class")
        tokenizer = getattr(tokenizer, "tokenizer", tokenizer)
        if tokenizer is None:
            raise InputError("SafetyCallback: the trainer has no processing_class. Give it one, or write SafetyCallback(tokenizer=...).")
        output = Path(args.output_dir)
        self._used = tokenizer
        prober = self.settings.prober(model, tokenizer, beta=_beta(args))
        trainer = trainer_asked(self._trainer, args, model, step=state.global_step)
        asked = {**self.settings.asked(prober.judge.card.name), "trainer": trainer}
        journal = open_journal(self.settings.run, output, asked, step=state.global_step, writes=state.is_world_process_zero)
        self.run = journal.folder
        self.watcher = Watcher(
            prober,
            self.settings.policy,
            journal,
            every=self.settings.every,
            reduce=largest_over_processes,
            share=from_first_process,
        )
        self.restored, self.measurements = None, ()
        self._checkpoints = Checkpoints(output, writes=state.is_world_process_zero)
        self._tap = LossTap(self._trainer) if self._trainer is not None else None
        self._begin(args, state, control, model)
        self._look_at_canaries(state, model)

    def on_epoch_end(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        """Measure planted canaries, where there are any."""
        self._look_at_canaries(state, model)

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> Any:
        """Look where it is due; stop, and choose what to go back to, where a gate failed."""
        if self.watcher is None:
            return control
        if self._average is not None:
            self._average.update(model)
        loss, norm = self._tap.take() if self._tap is not None else (None, None)
        last = state.global_step >= state.max_steps or control.should_training_stop
        # The trainer's own checkpoints are asked about too, or nobody would know which of them is good.
        saves = self.settings.on_fail == "rollback" and control.should_save
        look = self.watcher.step(state.global_step, loss=loss, grad_norm=norm, ask=last or saves)
        report(self._trainer, args, state, control, look.log)
        if look.stop:
            self._failed(look, args, state, control)
        elif look.passed and self.settings.on_fail == "rollback":
            control.should_save = True
        return control

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **kwargs: Any) -> None:
        """Read the loss off the log where the trainer could not be found; put the newest exposure of canaries into it."""
        if self.canaries is not None and logs is not None:
            self.canaries.log(logs)
        if self._tap is None and self.watcher is not None and logs and "loss" in logs:
            self.watcher.see_loss(state.global_step, float(logs["loss"]), logs.get("grad_norm"))

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Mark the checkpoint that was just written, and bring the record up to it, so that a resumed run lacks nothing."""
        if self.watcher is not None:
            self._mark(state.global_step)
            self.watcher.write(state.global_step)

    def on_train_end(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        """Measure the averaged weights, write what is left, and say how it ended."""
        if self.watcher is None:
            return
        if self._tap is not None:
            self._tap.remove()
            self._tap = None
        if self._average is not None:
            self._try_average(state, model)
        # After a roll-back the last look was at weights that are gone.
        if self.canaries is not None and (self.restored is not None or not self.canaries.looked_at(state.global_step)):
            self._look_at_canaries(state, model)
        if self.watcher.stopped and state.is_world_process_zero:
            self._keep_log(args, state)
        self.measurements = self.watcher.end(state.global_step)
        if self.canaries is not None and self.canaries.history:
            self.measurements += self.canaries.history[-1][1]
        self._trainer = None

    def _keep_log(self, args: Any, state: Any) -> None:
        """Write the trainer's log as it is: no checkpoint is written after the look that failed, so none has it in its log."""
        assert self.watcher is not None
        try:
            state.save_to_json(str(Path(args.output_dir) / "trainer_state.json"))
        except OSError as error:
            self.watcher.journal.incident(
                state.global_step, "record-lost", f"the trainer's log cannot be written ({error.strerror or error})"
            )

    def _look_at_canaries(self, state: Any, model: Any) -> None:
        if self.canaries is not None and self.watcher is not None and state.is_world_process_zero:
            self.canaries.noted_look(self.watcher.journal, state.global_step, model, self._used)

    def _begin(self, args: Any, state: Any, control: Any, model: Any) -> None:
        assert self.watcher is not None
        look = self.watcher.begin(state.global_step)
        report(self._trainer, args, state, control, look.log)
        if self.settings.ema is not None:
            from holdfast.training.averaging import WeightAverage

            self._average = WeightAverage(model, decay=self.settings.ema)
        if state.global_step:
            self._checkpoints.read()
        if self.settings.on_fail != "rollback":
            return
        if args.load_best_model_at_end:
            warnings.warn(
                "holdfast: load_best_model_at_end is set too. Where a gate fails, the last checkpoint that passed is loaded and "
                "not the best one by your metric.",
                stacklevel=2,
            )
        if not state.global_step and self._trainer is not None:
            self._trainer.save_model(str(self._checkpoints.folder(0)))
            self._mark(0)

    def _failed(self, look: Look, args: Any, state: Any, control: Any) -> None:
        assert self.watcher is not None
        if self.settings.on_fail == "warn":
            warnings.warn(f"holdfast: step {look.step}: {look.stop} Training goes on, as on_fail='warn' says.", stacklevel=3)
            return
        control.should_training_stop = True
        if self.settings.on_fail == "stop":
            return
        good = self._checkpoints.last_good(before=look.step)
        if good is None:
            self.watcher.journal.incident(look.step, "no-checkpoint", "no checkpoint that passed is left, so nothing is restored")
            return
        # The trainer loads it when it ends. A best checkpoint by the user's own metric would be put back on the next save.
        state.best_global_step, state.best_model_checkpoint = None, str(self._checkpoints.folder(good))
        args.load_best_model_at_end = True
        self.restored = good
        self.watcher.rolled_back(look.step, to=good, what=str(self._checkpoints.folder(good).name))
        self._mark_rest(good)

    def _mark(self, step: int) -> None:
        assert self.watcher is not None
        found = self.watcher.looks.get(step)
        after = self.restored is not None and step > self.restored
        passed = None if found is None else self.watcher.passed(step) and not after
        why = f"after step {self.restored}, which was rolled back to" if after else "" if found else "nothing was asked at this step"
        rates = {one.condition: one.value for one in found or () if one.side == "run"}
        try:
            self._checkpoints.mark(CheckpointMark(step=step, passed=passed, refusal_rates=rates, why=why))
        except OSError as error:
            self.watcher.journal.incident(step, "record-lost", f"checkpoint {step} could not be marked ({error.strerror or error})")

    def _mark_rest(self, good: int) -> None:
        for step in [step for step in self._checkpoints.marks if step > good]:
            self._mark(step)

    def _try_average(self, state: Any, model: Any) -> None:
        assert self.watcher is not None
        if self.restored is not None:
            self.watcher.journal.incident(state.global_step, "setting", "the averaged weights were dropped: the run was rolled back")
            return
        with self._average.in_place(model):
            self.watcher.candidate(state.global_step, "the averaged weights")
            if self._trainer is not None:
                self._trainer.save_model(str(Path(self._checkpoints.output) / "holdfast-ema"))


def _beta(args: Any) -> float | None:
    """Return the strength of the pull to the reference model in a preference training; None in any other."""
    beta = getattr(args, "beta", None)
    return float(beta) if isinstance(beta, (int, float)) and beta > 0 else None
