"""What a configuration comes to on its rows: steps, rows per step, warm-up, everything that was left to a default."""

from __future__ import annotations

import math

from holdfast.core import InputError, Value
from holdfast.training.config import Schedule, TrainConfig
from holdfast.training.ordering import StepOrder, total_steps

__all__ = ["TrainPlan", "plan_training"]

_WARMUP_SHARE = 0.03
_CONSTRAINED_WARMUP = 10
"""Steps; of Qi et al., ICLR 2025, appendix: with beta1 = 0.5 and without dropout."""


class TrainPlan(Value, frozen=True, kw_only=True):
    """A training with nothing left open."""

    rows: int
    """Rows, or packed sequences, that are trained on."""
    safety_rows: int
    steps: int
    """Optimiser steps."""
    safety_steps: int
    """Of these, steps on safety rows."""
    rows_per_step: int
    epochs: float
    """Passes over the training rows."""
    learning_rate: float
    warmup_steps: int
    schedule: Schedule
    head_steps: int
    """Steps at the start in which the head alone is trained."""
    order: StepOrder

    def rate_share(self, done: int) -> float:
        """Return the learning rate after `done` steps as a share of the highest: a rise over the warm-up, then the schedule."""
        if done < self.warmup_steps:
            return (done + 1) / (self.warmup_steps + 1)
        left = 1 - (done - self.warmup_steps) / max(1, self.steps - self.warmup_steps)
        if self.schedule == "constant":
            return 1.0
        return left if self.schedule == "linear" else 0.5 * (1 - math.cos(math.pi * left))


def plan_training(config: TrainConfig, *, rows: int, safety_rows: int = 0, processes: int = 1) -> TrainPlan:
    """Return the plan of a configuration for so many rows; raises InputError where it leaves nothing to do."""
    per_step = config.batch * config.accumulation * processes
    every = config.replay.distance if config.replay is not None else None
    epochs = None if config.steps is not None else config.epochs or 1
    steps = config.steps if config.steps is not None else total_steps(rows, rows_per_step=per_step, epochs=epochs or 1, every=every)
    safety_steps = steps // every if every is not None else 0
    if every is not None and not safety_steps:
        raise InputError(
            f"replay: one of every {every} optimiser steps is to be on safety rows, and there are only {steps}. Lower replay.every."
        )
    head = config.head_first
    head_steps = 0 if head is None else head.steps or max(1, round((head.share or 0.0) * steps))
    if head_steps >= steps and head is not None:
        raise InputError(f"head_first: {head_steps} of {steps} optimiser steps on the head leave none for the rest. Lower it.")
    return TrainPlan(
        rows=rows,
        safety_rows=safety_rows,
        steps=steps,
        safety_steps=safety_steps,
        rows_per_step=per_step,
        epochs=(steps - safety_steps) * per_step / rows if epochs is None else float(epochs),
        learning_rate=config.rate,
        warmup_steps=_warmup(config, steps),
        schedule=config.schedule,
        head_steps=head_steps,
        order=StepOrder(
            rows=rows, steps=steps, rows_per_step=per_step, seed=config.seed, epochs=epochs, safety_rows=safety_rows, every=every
        ),
    )


def _warmup(config: TrainConfig, steps: int) -> int:
    wanted = config.warmup
    if wanted is None:
        wanted = _CONSTRAINED_WARMUP if config.loss == "constrained" else _WARMUP_SHARE
    return min(steps, math.ceil(wanted * steps) if wanted < 1 else round(wanted))
