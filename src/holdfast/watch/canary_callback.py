"""`CanaryCallback`: how far planted canaries are remembered, while the model is being trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from holdfast.canaries import Canary, CanaryExposure, CanaryManifest, measure_exposure, read_manifest, summarise_exposure
from holdfast.core import InputError, Measurement, Phase
from holdfast.plugins import load

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
        self.manifest: CanaryManifest = read_manifest(Path(manifest))
        self.canaries: Sequence[Canary] = _some(self.manifest, per_repetition)
        self.history: list[tuple[int, tuple[Measurement, ...]]] = []
        """(step, measurements), one per look."""
        self._tokenizer = tokenizer

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
        if not self.history or self.history[-1][0] != state.global_step:
            self._look(state, model)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **kwargs: Any) -> None:
        """Put the newest means into the trainer's log."""
        if logs is None or not self.history:
            return
        for one in self.history[-1][1]:
            if one.metric == "canary_exposure" and one.value is not None and one.group.startswith("x"):
                logs[f"holdfast/canary_exposure_{one.group}"] = one.value

    def _look(self, state: Any, model: Any) -> None:
        if not state.is_world_process_zero:
            return
        engine = load("model", "transformers")().wrap(model, self._tokenizer, name="model in training")
        try:
            found: list[CanaryExposure] = measure_exposure(engine, self.manifest, self.canaries, side="tuned", extrapolation=False)
        finally:
            engine.close()
        self.history.append((state.global_step, tuple(summarise_exposure(found, side="tuned", phase=Phase.DURING))))


def _some(manifest: CanaryManifest, each: int) -> list[Canary]:
    """Return the first `each` canaries of every number of copies, and as many controls."""
    chosen: list[Canary] = []
    for copies in sorted({canary.repetitions for canary in (*manifest.controls, *manifest.canaries)}):
        chosen += [canary for canary in (*manifest.controls, *manifest.canaries) if canary.repetitions == copies][:each]
    return chosen
