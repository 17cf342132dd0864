"""Repairs in the training itself: the same rows, another way to learn them."""

from __future__ import annotations

from pathlib import Path

from holdfast.mitigate.repair import Applied, Progress, RepairCase, Stage
from holdfast.pipeline.repairing.data import mixed_file
from holdfast.pipeline.repairing.retraining import Trainer, holdfast_train, plain_settings, trained, without_training
from holdfast.pipeline.repairing.safety_rows import plan_safety, realign_command
from holdfast.training.config import ConstrainedConfig, HeadFirstConfig, ReplayConfig

__all__ = ["Averaged", "Constrained", "ConstrainedMix", "HeadFirst", "Replay"]

_ROWS = 300


class _Again:
    """What the repairs of this file share."""

    stage: Stage = "training"
    trains = True

    def __init__(self, trainer: Trainer = holdfast_train) -> None:
        self._trainer = trainer

    def unfit(self, case: RepairCase) -> str | None:
        """Return what is missing for it."""
        return without_training(case, safety=False)


class Constrained(_Again):
    """Each answer's first tokens held near the base (Qi et al., ICLR 2025, section 4)."""

    name = "constrained"
    title = "train again with the answers' first tokens held near the base"
    strengths: tuple[float, ...] = (2.0, 5.0)
    strength_means = "how many first tokens of an answer are held (the paper's is 5)"
    costs = "one fine-tune with a pass of the base over the rows; nothing at serving time"

    def apply(self, case: RepairCase, strength: float, out: Path, progress: Progress) -> Applied:
        """Train the base with `strength` tokens held."""
        changes = {"loss": "constrained", "constrained": _held(strength)}
        return trained(plain_settings(case), out, trainer=self._trainer, before=(), progress=progress, **changes)


class ConstrainedMix(_Again):
    """The constrained loss on rows with safety rows among them."""

    name = "mix+constrained"
    title = "mix safety rows in, and hold the answers' first tokens near the base"
    strengths: tuple[float, ...] = (2.0, 5.0)
    strength_means = "how many first tokens of an answer are held, with 30 % safety rows"
    share = 0.3
    costs = "one fine-tune with a pass of the base over the rows; nothing at serving time"

    def unfit(self, case: RepairCase) -> str | None:
        """Return what is missing for it."""
        return without_training(case, safety=True)

    def apply(self, case: RepairCase, strength: float, out: Path, progress: Progress) -> Applied:
        """Mix, and train the base with `strength` tokens held."""
        out.mkdir(parents=True, exist_ok=True)
        file, command = mixed_file(case, self.share, out)
        changes = {"data": str(file), "loss": "constrained", "constrained": _held(strength)}
        return trained(plain_settings(case), out, trainer=self._trainer, before=(command,), progress=progress, **changes)


class HeadFirst(_Again):
    """The language-model head alone first, then everything (LP-FT; Kumar et al., ICLR 2022). Proposed for safety, not shown."""

    name = "head-first"
    title = "train again, the language-model head alone first, then everything"
    strengths: tuple[float, ...] = (0.3,)
    strength_means = "share of the steps that train the head alone"
    costs = "one fine-tune; a tied head is untied and stays so, which makes the model larger by one embedding matrix"

    def unfit(self, case: RepairCase) -> str | None:
        """Return why not: adapters leave the head alone."""
        missing = super().unfit(case)
        if missing is None and case.training is not None and case.training.method != "full":
            return "it trains the head and then every weight, and this fine-tune trains an adapter"
        return missing

    def apply(self, case: RepairCase, strength: float, out: Path, progress: Progress) -> Applied:
        """Train the head alone for `strength` of the steps, then everything."""
        changes = {"head_first": HeadFirstConfig(share=strength), "untie_head": True}
        return trained(plain_settings(case), out, trainer=self._trainer, before=(), progress=progress, **changes)


class Averaged(_Again):
    """A running mean of the weights over the training (EMA; Kim et al., COLM 2025, 2508.12531)."""

    name = "ema"
    title = "train again, and keep a running mean of the weights"
    strengths: tuple[float, ...] = (0.99,)
    strength_means = "decay per step of the mean"
    costs = "one fine-tune with a second copy of the trained weights in memory; nothing at serving time"

    def apply(self, case: RepairCase, strength: float, out: Path, progress: Progress) -> Applied:
        """Train with a running mean of decay `strength`."""
        return trained(plain_settings(case), out, trainer=self._trainer, before=(), progress=progress, ema=strength)


class Replay(_Again):
    """Steps on safety rows at regular distances (experience replay)."""

    name = "replay"
    title = "train again, with steps on safety rows alone at regular distances"
    strengths: tuple[float, ...] = (0.3,)
    strength_means = "share of the steps that are on safety rows"
    costs = "one fine-tune, longer by the share; nothing at serving time"

    def unfit(self, case: RepairCase) -> str | None:
        """Return what is missing for it."""
        return without_training(case, safety=True)

    def apply(self, case: RepairCase, strength: float, out: Path, progress: Progress) -> Applied:
        """Train with a share `strength` of the steps on safety rows under every system prompt in play."""
        out.mkdir(parents=True, exist_ok=True)
        plan = plan_safety(case, out / "safety", rows=_ROWS)
        changes = {"replay": ReplayConfig(data=plan.rows, share=strength)}
        command = realign_command(case, out / "safety", rows=_ROWS)
        return trained(plain_settings(case), out, trainer=self._trainer, before=(command,), progress=progress, **changes)


def _held(tokens: float) -> ConstrainedConfig:
    return ConstrainedConfig(early_tokens=int(tokens))
