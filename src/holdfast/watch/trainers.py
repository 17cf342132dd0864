"""What a callback needs to know of the trainer that it sits in, and is not told: its losses, its log, its set-up."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any, TypeVar

from holdfast.core import UnsupportedSetupError

__all__ = ["LossTap", "check_setup", "find_trainer", "from_first_process", "largest_over_processes", "report"]

_FRAMES = 12
Shared = TypeVar("Shared")


def find_trainer() -> Any:
    """Return the Trainer whose callback is running now, None where there is none among the callers.

    transformers tells a callback its model and its arguments and not its trainer, yet the loss of a step and the other
    callbacks (W&B, MLflow, TensorBoard) are reached through the trainer alone. So the callers are looked at, once.
    """
    frame = sys._getframe(1)
    for _ in range(_FRAMES):
        candidate = frame.f_locals.get("self")
        if hasattr(candidate, "callback_handler") and hasattr(candidate, "training_step"):
            return candidate
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return None


def check_setup(trainer: Any, args: Any) -> None:
    """Raise UnsupportedSetupError, with the reason, for a way of sharding in which a probe was never tested."""
    if getattr(trainer, "is_deepspeed_enabled", False) or getattr(args, "deepspeed", None):
        raise UnsupportedSetupError(
            "this training uses DeepSpeed, under which watching was not tested: with ZeRO-3 no process holds a whole layer. "
            "Train without DeepSpeed, or take the callback out and run `holdfast watch log` on trainer_state.json afterwards."
        )
    if getattr(trainer, "is_fsdp_enabled", False) or getattr(args, "fsdp", None):
        raise UnsupportedSetupError(
            "this training uses FSDP, under which watching was not tested on a GPU: inference on sharded weights has damaged "
            "checkpoints before (transformers issue 34530). Train with DDP or on one device, or take the callback out."
        )


class LossTap:
    """Reads the loss of every micro-batch and the gradient norm of every step off a trainer, and changes neither.

    The trainer's own log is a mean over `logging_steps`, in which a spike drowns.
    """

    def __init__(self, trainer: Any) -> None:
        self._trainer, self._losses, self._norm = trainer, [], None  # type: tuple[Any, list[Any], Any]
        step, clip = trainer.training_step, trainer.accelerator.clip_grad_norm_

        def training_step(*args: Any, **kwargs: Any) -> Any:
            loss = step(*args, **kwargs)
            self._losses.append(loss.detach() if hasattr(loss, "detach") else loss)
            return loss

        def clip_grad_norm_(*args: Any, **kwargs: Any) -> Any:
            self._norm = clip(*args, **kwargs)
            return self._norm

        trainer.training_step, trainer.accelerator.clip_grad_norm_ = training_step, clip_grad_norm_

    def take(self) -> tuple[float | None, float | None]:
        """Return loss and gradient norm of the step that just ended, None where there was none, and forget them."""
        losses, norm = self._losses, self._norm
        self._losses, self._norm = [], None
        # The trainer has divided each micro-batch's loss by their number already.
        return (math.fsum(map(float, losses)) if losses else None, float(norm) if norm is not None else None)

    def remove(self) -> None:
        """Take the tap out; the trainer is as it was."""
        for owner, name in ((self._trainer, "training_step"), (self._trainer.accelerator, "clip_grad_norm_")):
            owner.__dict__.pop(name, None)


def report(trainer: Any, args: Any, state: Any, control: Any, values: dict[str, float]) -> None:
    """Put numbers into the trainer's log at this very step, where every tracker sees them.

    `Trainer.log` is not called and no log is asked for: both would move the windows over which the trainer averages its
    own loss, and the former swallows the loss of this step (the handler takes `should_log` back).
    """
    if not values:
        return
    row = {**values, "epoch": state.epoch, "step": state.global_step}
    state.log_history.append(row)
    if trainer is not None:
        wanted = control.should_log
        trainer.callback_handler.on_log(args, state, control, logs=dict(values))
        control.should_log = wanted


def largest_over_processes(values: Sequence[float]) -> list[float]:
    """Return the largest of each value over all processes; every process must call it equally often."""
    import torch
    from torch import distributed

    if not _several():
        return list(values)
    device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
    shared = torch.tensor(list(values), dtype=torch.float64, device=device)
    distributed.all_reduce(shared, op=distributed.ReduceOp.MAX)
    result: list[float] = shared.tolist()
    return result


def from_first_process(value: Shared) -> Shared:
    """Return the first process's value to all; every process must call it equally often."""
    from torch import distributed

    if not _several():
        return value
    box = [value]
    distributed.broadcast_object_list(box, src=0)
    return box[0]


def _several() -> bool:
    from torch import distributed

    return distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1
