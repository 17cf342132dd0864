"""The averaged weights as what is saved in the end: a callback for any transformers or TRL trainer. Importing this loads both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from transformers import TrainerCallback

from holdfast.training.averaging import WeightAverage

__all__ = ["AverageCallback"]

_FILE = "holdfast-average.safetensors"
"""Beside a checkpoint's own weights, so that a resumed training averages on."""


class AverageCallback(TrainerCallback):  # type: ignore[misc]
    """Averages the weights of a training, and puts the average into the model with the last step.

    ```python
    trainer.callback_handler.callbacks.insert(0, AverageCallback(0.99))
    ```

    Put it before a `SafetyCallback`, whose last look then sees the weights that are kept. Checkpoints hold the weights themselves, with the
    average beside them, so that a training resumed from one ends with the same average. A training that is stopped early keeps its own
    weights: an average over what led to the stop would be no better.
    """

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.used = False
        """True once the average is in the model."""
        self._average: WeightAverage | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        """Start from the weights as they are, or from the average of the checkpoint that is resumed."""
        self.used = False
        self._average = WeightAverage(model, decay=self.decay)
        kept = Path(args.output_dir) / f"checkpoint-{state.global_step}" / _FILE
        if state.global_step and kept.is_file():
            for name, value in load_file(kept).items():
                self._average.mean[name].copy_(value)

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        """Take in a step, and with the last one put the average into the model."""
        assert self._average is not None
        self._average.update(model)
        if state.global_step >= state.max_steps:
            self._average.put(model)
            self.used = True

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Keep the average beside a checkpoint."""
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        if self._average is not None and state.is_world_process_zero and folder.is_dir():
            save_file({name: value.cpu().contiguous() for name, value in self._average.mean.items()}, folder / _FILE)
