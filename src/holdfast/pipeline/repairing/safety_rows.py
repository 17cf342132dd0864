"""Safety rows on their own, under every system prompt in play: for repairs that train on them and not on the data."""

from __future__ import annotations

import shlex
from pathlib import Path

from holdfast.mitigate.realigning import RealignPlan, plan_realignment
from holdfast.mitigate.repair import RepairCase, safety_words
from holdfast.training.config import TrainConfig

__all__ = ["plan_safety", "realign_command"]


def plan_safety(case: RepairCase, folder: Path, *, rows: int, config: TrainConfig | None = None) -> RealignPlan:
    """Write `rows` safety rows and a configuration for training TUNED further on them into the new `folder`."""
    assert case.safety_rows is not None
    return plan_realignment(
        case.tuned, case.safety_rows, folder, rows=rows, data=case.data, also_under=case.systems, seed=case.seed, config=config
    )


def realign_command(case: RepairCase, folder: Path, *, rows: int) -> str:
    """Return the command that does the same."""
    words = ["holdfast", "mitigate", "realign", case.tuned, "--rows", str(rows), *safety_words(case)]
    data = ["--data", str(case.data)] if case.data is not None else []
    return shlex.join([*words, *data, "--out", str(folder)])
