"""The fine-tune again, without the rows that pull the base away from refusing."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

from holdfast.mitigate.dropping import drop
from holdfast.mitigate.repair import Applied, Progress, RepairCase, Stage
from holdfast.pipeline.repairing.retraining import Trainer, holdfast_train, plain_settings, trained, without_training

__all__ = ["DropRows", "write_ranking"]

Ranker = Callable[[RepairCase, Path, Progress], None]
"""Writes the review queue of a case's data."""


def write_ranking(case: RepairCase, queue: Path, progress: Progress) -> None:
    """Write the queue that `holdfast drift BASE TUNED --rank DATA` writes."""
    from holdfast.compare.drift import DriftSpec
    from holdfast.pipeline.ranking import rank, write_queue

    assert case.data is not None
    spec = DriftSpec(base=case.base, tuned=case.tuned)
    write_queue(rank(case.base, case.tuned, case.data, spec=spec, progress=progress), queue)


class DropRows:
    """The rows on top of the ranking are left out, since a few rows may do most of the damage (He et al., COLM 2024)."""

    name = "drop"
    title = "leave out the rows that pull away from refusing most, and train again"
    stage: Stage = "data"
    trains = True
    strengths: tuple[float, ...] = (0.03, 0.1, 0.3)
    strength_means = "share of the rows that is left out, the strongest pull first"
    costs = "one ranking (two forward passes and a gradient per row) and one fine-tune; nothing at serving time"

    def __init__(self, trainer: Trainer = holdfast_train, ranker: Ranker = write_ranking) -> None:
        self._trainer, self._ranker = trainer, ranker

    def unfit(self, case: RepairCase) -> str | None:
        """Return what is missing for it."""
        return without_training(case, safety=False)

    def apply(self, case: RepairCase, strength: float, out: Path, progress: Progress) -> Applied:
        """Leave out a share `strength` of the rows, and train the base on the others."""
        assert case.data is not None
        ranked = case.work / "ranking"
        queue = ranked / "review-queue.jsonl"
        if not queue.is_file():
            ranked.mkdir(parents=True, exist_ok=True)
            self._ranker(case, queue, progress)
        out.mkdir(parents=True, exist_ok=True)
        kept = out / f"kept{case.data.suffix}"
        done = drop(case.data, queue, kept, share=strength)
        leaving_out = ["holdfast", "mitigate", "drop", str(case.data), "--ranking", str(queue), "--share", f"{100 * strength:g}%"]
        commands = (
            shlex.join(["holdfast", "drift", case.base, case.tuned, "--rank", str(case.data), "--run", str(ranked)]),
            shlex.join([*leaving_out, "--out", str(kept)]),
        )
        made = trained(plain_settings(case), out, trainer=self._trainer, before=commands, progress=progress, data=str(kept))
        note = f"{done.dropped} of {done.dropped + done.rows} rows were left out; {done.record} lists them"
        return Applied(reference=made.reference, commands=made.commands, notes=(*made.notes, note))
