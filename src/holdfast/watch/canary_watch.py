"""How far planted canaries are remembered by a model in training: what the callbacks and the monitor share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from holdfast.canaries import Canary, CanaryExposure, CanaryManifest, measure_exposure, read_manifest, summarise_exposure
from holdfast.core import Measurement, Phase
from holdfast.plugins import load
from holdfast.watch.journal import Journal
from holdfast.watch.rows import RowKind

__all__ = ["CanaryWatch"]


class CanaryWatch:
    """Measures the exposure of some planted canaries and controls, by forward passes only.

    Args:
        manifest: the private manifest that `holdfast canary plant` wrote; raises InputError for anything else.
        per_repetition: how many canaries of each number of copies are scored, controls too; the first of the manifest.
    """

    def __init__(self, manifest: str | Path, *, per_repetition: int = 4) -> None:
        self.manifest: CanaryManifest = read_manifest(Path(manifest))
        self.canaries: Sequence[Canary] = _some(self.manifest, per_repetition)
        self.history: list[tuple[int, tuple[Measurement, ...]]] = []
        """(step, measurements), one per look."""

    def look(self, step: int, model: Any, tokenizer: Any) -> None:
        """Measure a torch model as it is, and add that to the history; mode, gradients and random numbers stay as they were."""
        engine = load("model", "transformers")().wrap(model, tokenizer, name="model in training")
        try:
            found: list[CanaryExposure] = measure_exposure(engine, self.manifest, self.canaries, side="tuned", extrapolation=False)
        finally:
            engine.close()
        self.history.append((step, tuple(summarise_exposure(found, side="tuned", phase=Phase.DURING))))

    def noted_look(self, journal: Journal, step: int, model: Any, tokenizer: Any) -> None:
        """Look, and write down what was seen; a look that fails is a record and no error."""
        try:
            self.look(step, model, tokenizer)
        except Exception as error:
            journal.incident(step, "probe-failed", f"looking at canaries failed: {type(error).__name__}")
        else:
            journal.note(RowKind.CANARIES, step, _mean_exposures(self.history[-1][1]))

    def log(self, logs: dict[str, float]) -> None:
        """Put the newest means into a trainer's log."""
        for name, value in _mean_exposures(self.history[-1][1] if self.history else ()).items():
            if value is not None and name.startswith("canary_exposure_x"):
                logs[f"holdfast/{name}"] = value

    def looked_at(self, step: int) -> bool:
        """Return whether the last look was at this step."""
        return bool(self.history) and self.history[-1][0] == step


def _mean_exposures(found: Sequence[Measurement]) -> dict[str, float | None]:
    """Return the mean exposure in bits by number of copies ('x16'), and of the controls; None where it could not be measured."""
    return {f"canary_exposure_{one.group}": one.value for one in found if one.metric == "canary_exposure"}


def _some(manifest: CanaryManifest, each: int) -> list[Canary]:
    """Return the first `each` canaries of every number of copies, and as many controls."""
    chosen: list[Canary] = []
    for copies in sorted({canary.repetitions for canary in (*manifest.controls, *manifest.canaries)}):
        chosen += [canary for canary in (*manifest.controls, *manifest.canaries) if canary.repetitions == copies][:each]
    return chosen
