"""What a comparison asks on top of its own questions, once those are graded: the follow-up."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from holdfast.compare.asking import Progress, Side
from holdfast.compare.facts import Comparison
from holdfast.compare.followup.asking import Asked
from holdfast.compare.followup.run import follow_up
from holdfast.compare.regrading import write_comparison
from holdfast.compare.spec import CompareSpec
from holdfast.plugins import Judge
from holdfast.runs import RunFolder

__all__ = ["ask_further"]


def ask_further(
    comparison: Comparison,
    spec: CompareSpec,
    asked: Sequence[Asked],
    sides: Sequence[Side],
    judge: Judge,
    run: RunFolder,
    progress: Progress,
) -> Comparison:
    """Return the comparison with what was asked on top of it, and leave it in the run folder.

    The measurements that it had stay as they are; others are added behind them.
    """
    if not spec.follow_up:
        return comparison
    domains = {suite.name: suite.domain for suite, _, _ in asked}
    found, measured = follow_up(
        asked, sides, judge, comparison.measurements, domains=domains, sampling=spec.sampling, run=run, progress=progress
    )
    comparison = replace(comparison, follow_up=found, measurements=(*comparison.measurements, *measured))
    write_comparison(run, comparison)
    return comparison
