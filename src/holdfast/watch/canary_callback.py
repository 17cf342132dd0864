"""`CanaryCallback`: how far planted canaries are remembered, while the model is being trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from holdfast.core import InputError, Measurement
from holdfast.watch.canary_watch import CanaryWatch

__all__ = ["CanaryCallback"]


class CanaryCallback(TrainerCallback):  # type: ignore[misc]
    """Measures the exposure of planted canaries at the start, after every epoch, and at the end of a training.

    ```python
    from holdfast.watch import CanaryCallback

    trainer.add_callback(CanaryCallback("train.jsonl.canaries.json"))
    ```

    It scores some canaries and their references with the model as it is (forward passes only) and leaves mode, gradients and random
    numbers as they were. `history` holds one (step, measurements) per look: mean exposure and the share of exposed canaries, by number
    of copies, of phase 'during'; the trainer's log gets the mean under `holdfast/`.

    Args:
        manifest: the private manifest that `holdfast canary plant` wrote.
        tokenizer: needed only where the trainer has no `processing_class`.
        per_repetition: how many canaries of each number of copies are scored, controls too; the first of the manifest.

    Raises InputError when training begins without a tokenizer.
    """

    def __init__(self, manifest: str | Path, *, tokenizer: Any = None, per_repetition: int = 4) -> None:
        self.watch = CanaryWatch(manifest, per_repetition=per_repetition)
        self._tokenizer = tokenizer

    @property
    def history(self) -> list[tuple[int, tuple[Measurement, ...]]]:
        """(step, measurements), one per look."""
        return self.watch.history

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        """Measure the model as it is for the start."""
        tokenizer = self._tokenizer or kwargs.get("processing_class")
        self._tokenizer = getattr(tokenizer, "tokenizer", tokenizer)
        if self._tokenizer is None:
            raise InputError("CanaryCallback: the trainer has no processing_class. Give it one, or write CanaryCallback(tokenizer=...).")
        self._look(state, model)

    def on_epoch_end(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        """Measure after an epoch."""
        self._look(state, model)

    def on_train_end(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        """Measure the model that training leaves, where the last epoch's end did not."""
        if not self.watch.looked_at(state.global_step):
            self._look(state, model)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **kwargs: Any) -> None:
        """Put the newest means into the trainer's log."""
        if logs is not None:
            self.watch.log(logs)

    def _look(self, state: Any, model: Any) -> None:
        if state.is_world_process_zero:
            self.watch.look(state.global_step, model, self._tokenizer)
