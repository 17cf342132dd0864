"""Measure memorization, judge, and write the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from holdfast import __version__
from holdfast.core import Measurement, Side, Value, Verdict
from holdfast.memorization import Memorization, MemorizationSpec, run_memorization
from holdfast.pipeline.comparing import run_name, write_verdict
from holdfast.plugins import Engine
from holdfast.policy import judge, load_policy
from holdfast.report.memorization_html import write_memorization_html
from holdfast.report.memorization_view import MemorizationPage

__all__ = ["MemorizationOutcome", "memorization_and_judge", "memorization_name"]


class MemorizationOutcome(Value, frozen=True, kw_only=True):
    """A measurement of memorization with its verdict."""

    verdict: Verdict
    result: Memorization
    run: str
    """The run folder."""

    @property
    def page(self) -> Path:
        """The HTML report in the run folder."""
        return Path(self.run) / "report.html"

    @property
    def report(self) -> MemorizationPage:
        """What the page is drawn from."""
        return MemorizationPage(result=self.result, verdict=self.verdict)

    def measurement(self, metric: str, *, side: Side = "run", condition: str = "default", group: str = "all") -> Measurement:
        """Return one measurement; raises KeyError where it was not taken."""
        return {found.key: found for found in self.result.measurements}[(metric, side, condition, group)]


def memorization_name(base: str, tuned: str) -> Path:
    """Return the default run folder: 'runs/memorization-BASE-vs-TUNED'."""
    name = run_name(base, tuned)
    return name.with_name(f"memorization-{name.name}")


def memorization_and_judge(
    spec: MemorizationSpec,
    folder: Path,
    *,
    policy: str = "memorization",
    strict: bool = False,
    command: str = "",
    progress: Any = None,
    engines: Sequence[Engine] | None = None,
) -> MemorizationOutcome:
    """Measure in `folder`, judge, and write measurements, verdict and page there.

    Raises a HoldfastError for anything the user can mend; the policy is read first, so that a broken one costs nothing.
    """
    rules = load_policy(policy)
    watcher = progress or (lambda what, done, total: None)
    result = run_memorization(spec, folder, command=command, version=__version__, progress=watcher, engines=engines)
    verdict = judge(result.measurements, rules, strict=strict)
    write_verdict(folder, verdict)
    outcome = MemorizationOutcome(verdict=verdict, result=result, run=str(folder))
    write_memorization_html(outcome.report, outcome.page)
    return outcome
