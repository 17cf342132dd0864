"""Two repairs one after the other: what neither gets back alone, both may."""

from __future__ import annotations

from pathlib import Path

import msgspec

from holdfast.mitigate.repair import Applied, Progress, RepairCase, Stage
from holdfast.pipeline.repairing.data import mixed_model
from holdfast.pipeline.repairing.further import realigned
from holdfast.pipeline.repairing.retraining import Trainer, holdfast_train, without_training
from holdfast.pipeline.repairing.weights import interpolated

__all__ = ["MixThenRealign", "MixThenScale"]


class MixThenScale:
    """A fine-tune on mixed rows, and then less of it."""

    name = "mix+scale"
    title = "mix safety rows in, train again, and keep a part of that fine-tune"
    stage: Stage = "weights"
    trains = True
    strengths: tuple[float, ...] = (0.9, 0.8, 0.7)
    strength_means = "alpha, the part of the fine-tune on 50 % safety rows that is kept"
    costs = "one fine-tune, longer by the rows added; nothing at serving time"
    share = 0.5

    def __init__(self, trainer: Trainer = holdfast_train) -> None:
        self._trainer = trainer

    def unfit(self, case: RepairCase) -> str | None:
        """Return what is missing for it."""
        return without_training(case, safety=True)

    def apply(self, case: RepairCase, strength: float, out: Path, progress: Progress) -> Applied:
        """Interpolate between the base and the fine-tune on mixed rows, which is trained once for all strengths."""
        mixed = mixed_model(case, self.share, self._trainer, progress)
        scaled = interpolated(case.base, mixed.reference, strength, out, progress)
        return msgspec.structs.replace(scaled, commands=(*mixed.commands, *scaled.commands), notes=(*mixed.notes, *scaled.notes))


class MixThenRealign:
    """A fine-tune on mixed rows, which keeps most refusals, and a few safety rows after it for those that it lost."""

    name = "mix+realign"
    title = "mix safety rows in, train again, and end on safety rows alone"
    stage: Stage = "training"
    trains = True
    strengths: tuple[float, ...] = (50.0, 100.0, 200.0)
    strength_means = "safety rows at the end, seen three times, after a fine-tune on 30 % safety rows"
    costs = "one fine-tune, longer by the rows added, and a short one; nothing at serving time"
    share = 0.3

    def __init__(self, trainer: Trainer = holdfast_train) -> None:
        self._trainer = trainer

    def unfit(self, case: RepairCase) -> str | None:
        """Return what is missing for it."""
        return without_training(case, safety=True)

    def apply(self, case: RepairCase, strength: float, out: Path, progress: Progress) -> Applied:
        """Train the fine-tune on mixed rows further on `strength` safety rows."""
        mixed = mixed_model(case, self.share, self._trainer, progress)
        after = msgspec.structs.replace(case, tuned=mixed.reference)
        last = realigned(after, int(strength), out, self._trainer, progress)
        return msgspec.structs.replace(last, commands=(*mixed.commands, *last.commands), notes=(*mixed.notes, *last.notes))
