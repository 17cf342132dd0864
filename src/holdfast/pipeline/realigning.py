"""`realign`: a safety SFT after the damage, and what stays lost by a comparison afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from holdfast.core import Measurement, Value, Verdict
from holdfast.mitigate import SafetySet
from holdfast.mitigate.realigning import RealignPlan, plan_realignment
from holdfast.pipeline.comparing import compare
from holdfast.pipeline.training import train
from holdfast.plugins import ModelOptions
from holdfast.training.config import TrainConfig
from holdfast.training.settings import read_config

__all__ = ["Realigned", "realign"]


class Realigned(Value, frozen=True, kw_only=True):
    """A repaired model and what it did not get back."""

    plan: RealignPlan
    reference: str | None
    """The trained model; None where nothing was trained."""
    run: str | None
    """The run folder of the comparison with the base; None where no base was given."""
    verdict: Verdict | None
    lost: tuple[Measurement, ...] = ()
    """What stays lost: the drop of refusals from the base to the repaired model, by system prompt."""


def realign(
    model: str,
    safety: SafetySet,
    folder: str | Path,
    *,
    base: str | None = None,
    policy: str = "compare",
    limit: int | None = None,
    max_new_tokens: int = 256,
    data: str | Path | None = None,
    rows: int = 300,
    look_alike_share: float = 1 / 3,
    also_under: Sequence[str] = (),
    seed: int = 0,
    config: TrainConfig | None = None,
    run_training: bool = True,
    models: ModelOptions | None = None,
    progress: Any = None,
) -> Realigned:
    """Plan the training (see `plan_realignment`), run it, and compare the base with the result where a base is given.

    Forgetting is not undone by a few rows: refusals under a system prompt that the rows do not cover, and refusals that were lost by many
    harmful rows, stay lost in part (`lost` says how much, with intervals). Raises a HoldfastError for what the user can mend.
    """
    plan = plan_realignment(
        model, safety, folder, rows=rows, look_alike_share=look_alike_share, data=data, also_under=also_under, seed=seed, config=config
    )
    if not run_training:
        return Realigned(plan=plan, reference=None, run=None, verdict=None)
    watcher = progress or (lambda what, done, total: None)
    trained = train(read_config(Path(plan.config)), progress=watcher)
    if base is None:
        return Realigned(plan=plan, reference=trained.reference, run=None, verdict=None)
    result = compare(
        base,
        trained.reference,
        policy=policy,
        data=data,
        limit=limit,
        max_new_tokens=max_new_tokens,
        follow_up=False,
        run=Path(folder) / "compare",
        models=models,
        progress=progress,
    )
    lost = tuple(
        one
        for one in result.comparison.measurements
        if (one.metric, one.side, one.group) == ("refusal_rate", "drop", "all") and one.value is not None
    )
    return Realigned(plan=plan, reference=trained.reference, run=result.run, verdict=result.verdict, lost=lost)
