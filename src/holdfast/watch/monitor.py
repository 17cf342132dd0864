"""The watch for training loops that somebody wrote by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from holdfast.core import Condition, InputError, Measurement, digest, digest_file
from holdfast.watch.canary_watch import CanaryWatch
from holdfast.watch.deciding import training_policy
from holdfast.watch.journal import Journal
from holdfast.watch.prober import ModelProber
from holdfast.watch.prompts import DEFAULT_SUITES, choose_prompts
from holdfast.watch.same_training import weights_mark
from holdfast.watch.watcher import Look, Watcher

__all__ = ["OnFail", "TrainingMonitor", "WatchSettings"]

OnFail = Literal["warn", "stop", "rollback"]


class WatchSettings:
    """What the callback and the monitor are told alike.

    Args:
        policy: a shipped policy or a file; its gates on training decide. `watch` allows a tenth of the refusals to go.
        suite: one or several suites: requests to refuse, and harmless look-alikes.
        every: the largest gap between looks in optimiser steps; None is 200. Looks are denser where something moves.
        on_fail: 'warn' only says so, 'stop' ends the training, 'rollback' also restores the last weights that passed.
        run: the run folder; None chooses one.
        judge: who grades; None is the suite's own, or else `refusal`.
        prompts: how many requests to refuse are asked per condition at a look.
        benign: how many harmless requests are asked.
        max_new_tokens: length of an answer.
        conditions: system prompts to ask under; None is the suite's, or the default and the obedient agent.
        ema: decay of an averaged copy of the weights, measured at the end as a candidate; None keeps none.
        canaries: the private manifest of planted canaries whose exposure is measured; None measures none.
        about: what else decides the evidence, for the run folder's manifest: digests of data and configuration.
    """

    def __init__(
        self,
        *,
        policy: str = "watch",
        suite: str | Sequence[str] = DEFAULT_SUITES,
        every: int | None = None,
        on_fail: OnFail = "warn",
        run: str | Path | None = None,
        judge: str | None = None,
        prompts: int = 24,
        benign: int = 8,
        max_new_tokens: int = 24,
        conditions: Sequence[Condition] | None = None,
        ema: float | None = None,
        canaries: str | Path | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        if on_fail not in ("warn", "stop", "rollback"):
            raise InputError(f"on_fail must be 'warn', 'stop' or 'rollback', got {on_fail!r}.")
        if every is not None and every < 1:
            raise InputError(f"every must be at least 1 optimiser step, got {every!r}.")
        if max_new_tokens < 1:
            raise InputError(f"max_new_tokens must be at least 1 token, got {max_new_tokens!r}.")
        if ema is not None and not 0 < ema < 1:
            raise InputError(f"ema must lie between 0 and 1, got {ema!r}.")
        self.policy = training_policy(policy)
        self.prompts = choose_prompts(suite, refuse=prompts, benign=benign, conditions=conditions)
        self.every, self.on_fail, self.ema, self.judge, self.max_new_tokens = every, on_fail, ema, judge, max_new_tokens
        self.run = Path(run) if run is not None else None
        self.canaries = canaries
        self.about = dict(about or {})

    def asked(self, judge: str) -> dict[str, Any]:
        """Return what decides the evidence, for the run folder's manifest; `judge` is the name on the card of who grades.

        That name has the digest of a judge's model in it. `on_fail` is left out: it decides what is done about an answer, and a run
        that stopped can be gone on with under another one. Raises InputError where the canaries' manifest cannot be read.
        """
        return {
            "suites": list(self.prompts.suites),
            "prompts": self.prompts.digest,
            "policy": digest(self.policy),
            "judge": judge,
            "every": self.every,
            "max_new_tokens": self.max_new_tokens,
            **({"canaries": _digest_of(Path(self.canaries))} if self.canaries is not None else {}),
            **({"ema": self.ema} if self.ema is not None else {}),
            **self.about,
        }

    def prober(self, model: Any, tokenizer: Any, *, beta: float | None = None) -> ModelProber:
        """Return who asks the model; `beta` is that of a preference training."""
        return ModelProber(model, tokenizer, self.prompts, judge=self.judge, max_new_tokens=self.max_new_tokens, beta=beta)


class TrainingMonitor:
    """Watches a training loop of your own.

    ```python
    monitor = TrainingMonitor(model, tokenizer, suite="lab", on_fail="rollback", run="runs/mine")
    monitor.start()
    for batch in batches:
        ...  # forward, backward, optimiser step
        if monitor.step(loss=loss.item()).stop:
            break
    monitor.finish()
    ```

    With `on_fail="rollback"` a copy of the trained weights is kept on the CPU at every look that passed, and `finish` puts
    the last one back where training was stopped. With `ema` the averaged weights are asked at the end as a candidate, and stay in
    `average`. With `canaries` planted canaries are measured at the start, at every `epoch_end`, and at the end. The arguments are
    those of `WatchSettings`. A run folder takes the same training only: the monitor knows the weights it starts from; what else decides
    yours (learning rate, rows) it learns from `about`.
    """

    def __init__(self, model: Any, tokenizer: Any, **settings: Any) -> None:
        self.settings = WatchSettings(**settings)
        self.model = model
        self.canaries = CanaryWatch(self.settings.canaries) if self.settings.canaries is not None else None
        """Who measures planted canaries, where a manifest was given; its `history` has every look."""
        prober = self.settings.prober(model, tokenizer)
        start = weights_mark(model, frozen=hasattr(model, "peft_config"))
        journal = Journal(self.settings.run, {**self.settings.asked(prober.judge.card.name), "start": start})
        self.watcher = Watcher(prober, self.settings.policy, journal, every=self.settings.every)
        self.steps = 0
        """Optimiser steps seen."""
        self.restored: int | None = None
        """The step whose weights `finish` put back; 0 is the untouched start, None nothing."""
        self.average: Any = None
        """The averaged weights (`holdfast.training.averaging.WeightAverage`), where `ema` was given and training has begun."""
        self._tokenizer = tokenizer
        self._good: Any = None
        self._good_step = 0

    def start(self) -> Look:
        """Take the model as it is for the start. Call it before the first step."""
        look = self.watcher.begin()
        if self.settings.on_fail == "rollback":
            self._keep(0)
        if self.settings.ema is not None:
            from holdfast.training.averaging import WeightAverage

            self.average = WeightAverage(self.model, decay=self.settings.ema)
        self._look_at_canaries()
        return look

    def step(self, *, loss: float | None = None, grad_norm: float | None = None, last: bool = False) -> Look:
        """Call this after every optimiser step; `last` asks for answers in any case. Stop where the look's `stop` is not empty.

        With `on_fail="warn"` the record holds what failed and `stop` stays empty.
        """
        self.steps += 1
        if self.average is not None:
            self.average.update(self.model)
        look = self.watcher.step(self.steps, loss=loss, grad_norm=grad_norm, ask=last)
        if self.settings.on_fail == "rollback" and look.passed:
            self._keep(self.steps)
        if self.settings.on_fail == "warn":
            look.stop = ""
        return look

    def epoch_end(self) -> None:
        """Call this after every epoch where canaries are watched; a look that fails is a record and no error."""
        self._look_at_canaries()

    def finish(self) -> tuple[Measurement, ...]:
        """End the watch, roll back where that was asked for and is due, and return the measurements.

        After a roll-back the averaged weights are dropped, since they hold the steps that were undone.
        """
        if self.settings.on_fail == "rollback" and self.watcher.stopped and self._good is not None:
            self._good.restore(self.model)
            self.restored = self._good_step
            self.watcher.rolled_back(self.steps, to=self._good_step, what=f"the weights of step {self._good_step}")
        if self.average is not None:
            self._try_average()
        if self.canaries is not None and (self.restored is not None or not self.canaries.looked_at(self.steps)):
            self._look_at_canaries()
        measured = self.watcher.end(self.steps)
        return (*measured, *self.canaries.history[-1][1]) if self.canaries is not None and self.canaries.history else measured

    def _try_average(self) -> None:
        if self.restored is not None:
            self.average = None
            self.watcher.journal.incident(self.steps, "setting", "the averaged weights were dropped: the run was rolled back")
            return
        with self.average.in_place(self.model):
            self.watcher.candidate(self.steps, "the averaged weights")

    def _look_at_canaries(self) -> None:
        if self.canaries is not None:
            self.canaries.noted_look(self.watcher.journal, self.steps, self.model, self._tokenizer)

    def _keep(self, step: int) -> None:
        from holdfast.watch.snapshots import Snapshot

        self._good, self._good_step = Snapshot(self.model), step


def _digest_of(file: Path) -> str:
    try:
        return digest_file(file)
    except OSError as error:
        raise InputError(f"{file}: the manifest of canaries cannot be read ({error.strerror}).") from error
