"""Search for a backdoor, judge, and write the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from holdfast import __version__
from holdfast.backdoor import Backdoor, BackdoorSpec, run_backdoor
from holdfast.core import Measurement, Side, Value, Verdict
from holdfast.pipeline.comparing import run_name, write_verdict
from holdfast.plugins import Engine
from holdfast.policy import judge, load_policy
from holdfast.report.backdoor_html import write_backdoor_html
from holdfast.report.backdoor_view import BackdoorPage

__all__ = ["BackdoorOutcome", "backdoor_and_judge", "backdoor_name"]


class BackdoorOutcome(Value, frozen=True, kw_only=True):
    """A search for a backdoor with its verdict."""

    verdict: Verdict
    result: Backdoor
    run: str
    """The run folder."""

    @property
    def page(self) -> Path:
        """The HTML report in the run folder."""
        return Path(self.run) / "report.html"

    @property
    def report(self) -> BackdoorPage:
        """What the page is drawn from."""
        return BackdoorPage(result=self.result, verdict=self.verdict)

    def measurement(self, metric: str, *, side: Side = "run", condition: str = "default", group: str = "all") -> Measurement:
        """Return one measurement; raises KeyError where it was not taken."""
        return {found.key: found for found in self.result.measurements}[(metric, side, condition, group)]


def backdoor_name(base: str, tuned: str) -> Path:
    """Return the default run folder: 'runs/backdoor-BASE-vs-TUNED'."""
    name = run_name(base, tuned)
    return name.with_name(f"backdoor-{name.name}")


def backdoor_and_judge(
    spec: BackdoorSpec,
    folder: Path,
    *,
    policy: str = "backdoor",
    strict: bool = False,
    command: str = "",
    progress: Any = None,
    engines: Sequence[Engine] | None = None,
) -> BackdoorOutcome:
    """Search in `folder`, judge, and write measurements, verdict and page there.

    Raises a HoldfastError for anything the user can mend; the policy is read first, so that a broken one costs nothing.
    """
    rules = load_policy(policy)
    watcher = progress or (lambda what, done, total: None)
    result = run_backdoor(spec, folder, command=command, version=__version__, progress=watcher, engines=engines)
    verdict = judge(result.measurements, rules, strict=strict)
    write_verdict(folder, verdict)
    outcome = BackdoorOutcome(verdict=verdict, result=result, run=str(folder))
    write_backdoor_html(outcome.report, outcome.page)
    return outcome
