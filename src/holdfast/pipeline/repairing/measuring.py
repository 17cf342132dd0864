"""Measuring a repaired model on one half of the prompts, with the machinery of `holdfast compare`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from holdfast import __version__
from holdfast.compare import CompareSpec, Comparison, run_comparison
from holdfast.compare.halves import Half
from holdfast.core import Verdict
from holdfast.mitigate.trials import AXES, Measured, shortfall
from holdfast.pipeline.comparing import conclude_run
from holdfast.pipeline.repairing.remembered import Remembered
from holdfast.plugins import Engine, open_models
from holdfast.policy import Policy, judge

__all__ = ["Bench"]


class Bench:
    """Base and fine-tune, ready to be compared with; use it in a `with` block.

    Args:
        spec: what is asked; base is the aligned model, `capability.gain_of` the fine-tune. `tuned` and `half` are set per measurement.
        policy: what a repair must show.
    """

    def __init__(self, spec: CompareSpec, policy: Policy) -> None:
        assert spec.capability.gain_of is not None
        self.spec, self.policy = spec, policy
        self.base = Remembered(spec.base, spec.models)
        self.fine_tune = Remembered(spec.capability.gain_of, spec.models)

    def __enter__(self) -> Bench:
        """Return the bench."""
        return self

    def __exit__(self, *what: Any) -> None:
        """Close both models."""
        self.base.close()
        self.fine_tune.close()

    def measure(self, reference: str, half: Half, folder: Path, *, progress: Any, page: bool = False) -> Measured:
        """Compare a model with the base on one half, in the run folder `folder`, and judge it; `page` writes verdict and page there."""
        own: list[Engine] = []
        if reference == self.fine_tune.reference:
            repaired: Any = self.fine_tune
        else:
            own = open_models([reference], self.spec.models)
            (repaired,) = own
        spec = replace(self.spec, tuned=reference, half=half)
        try:
            comparison = self._compare(spec, folder, [self.base, repaired, self.fine_tune], progress)
        finally:
            for engine in own:
                engine.close()
        if page:
            conclude_run(comparison, folder, self.policy, strict=False)
        return measured(comparison, judge(comparison.measurements, self.policy), self.policy, half)

    def release(self) -> None:
        """Give the memory of base and fine-tune back; their answers stay."""
        self.base.release()
        self.fine_tune.release()

    def _compare(self, spec: CompareSpec, folder: Path, engines: list[Any], progress: Any) -> Comparison:
        if (folder / "run.json").is_file() and not (folder / "measurements.json").is_file():
            shutil.rmtree(folder)  # a killed trial may have left a half, of weights that are made anew
        return run_comparison(spec, folder, command="holdfast mitigate auto", version=__version__, progress=progress, engines=engines)


def measured(comparison: Comparison, verdict: Verdict, policy: Policy, half: Half) -> Measured:
    """Return what of a comparison a trial keeps."""
    kept = tuple(one for one in comparison.measurements if one.metric in AXES and (one.group == "all" or one.metric in _BY_TASK))
    return Measured(
        half=half,
        decision=verdict.decision,
        shortfall=shortfall(verdict, policy),
        measurements=kept,
        why=tuple(f"{gate.gate}: {gate.why}" for gate in verdict.blocking),
    )


_BY_TASK = ("task_score", "answer_probability")
