"""Repairs after the training that train further: safety rows after the damage, alone or with the data among them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from holdfast.mitigate.repair import Applied, Progress, RepairCase, Stage
from holdfast.pipeline.repairing.data import mixed_file
from holdfast.pipeline.repairing.retraining import Trainer, holdfast_train, plain_settings, trained, without_training
from holdfast.pipeline.repairing.safety_rows import plan_safety, realign_command

__all__ = ["Realign", "RealignOnMix", "realigned"]


class Realign:
    """Safety rows after the damage, and nothing else: what was learned may go with what was lost."""

    name = "realign"
    title = "train the fine-tune further on safety rows alone"
    stage: Stage = "training"
    trains = True
    strengths: tuple[float, ...] = (100.0, 300.0)
    strength_means = "safety rows, seen three times"
    costs = "a short training; nothing at serving time"

    def __init__(self, trainer: Trainer = holdfast_train) -> None:
        self._trainer = trainer

    def unfit(self, case: RepairCase) -> str | None:
        """Return what is missing for it."""
        return without_training(case, safety=True)

    def apply(self, case: RepairCase, strength: float, out: Path, progress: Progress) -> Applied:
        """Train TUNED on `strength` safety rows."""
        return realigned(case, int(strength), out, self._trainer, progress)


def realigned(case: RepairCase, rows: int, out: Path, trainer: Trainer, progress: Progress) -> Applied:
    """Train `case.tuned` for three passes over `rows` safety rows, at the rate of the fine-tune."""
    config = msgspec.structs.replace(plain_settings(case), epochs=3, steps=None)
    out.mkdir(parents=True, exist_ok=True)
    plan = plan_safety(case, out / "safety", rows=rows, config=config)
    command = realign_command(case, out / "safety", rows=rows)
    return trained(config, out, trainer=trainer, before=(command,), progress=progress, model=case.tuned, data=plan.rows)


class RealignOnMix(Realign):
    """The same with the data among the safety rows, so that the task is not forgotten over them."""

    name = "realign+data"
    title = "train the fine-tune further on its data with safety rows mixed in"
    strengths: tuple[float, ...] = (0.5,)
    strength_means = "share of safety rows in two further passes over the data"
    costs = "two thirds of a fine-tune; nothing at serving time"

    def apply(self, case: RepairCase, strength: float, out: Path, progress: Progress) -> Applied:
        """Train TUNED for two passes over the data with a share `strength` of safety rows."""
        out.mkdir(parents=True, exist_ok=True)
        file, command = mixed_file(case, strength, out)
        config = msgspec.structs.replace(plain_settings(case), epochs=2, steps=None)
        return trained(config, out, trainer=self._trainer, before=(command,), progress=progress, model=case.tuned, data=str(file))
