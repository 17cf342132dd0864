"""`holdfast gate`: judge stored numbers with a policy, without any model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.output import AsStrictly, OutputOptions, finish

if TYPE_CHECKING:
    from holdfast.core import Verdict

__all__ = ["run"]

_POLICIES = "release, compare, until-decided, article, data, memorization, backdoor, watch"


def run(
    measurements: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, or a JSON file of measurements.")],
    policy: Annotated[
        str | None,
        typer.Option(help=f"{_POLICIES}, or a YAML file.", show_default="the one that the run was judged by; for numbers: release"),
    ] = None,
    strict: AsStrictly = None,
    waivers: Annotated[
        bool, typer.Option("--waivers", help="Let gates that `holdfast history waive` waived for the tuned model warn, not block.")
    ] = False,
    markdown: Annotated[Path | None, typer.Option(help="Also write a Markdown table.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Also write JUnit XML, one test case per gate.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the verdict line only.")] = False,
) -> None:
    """Judge stored measurements with a policy. A metric that was not measured never passes.

    Exits with 0 (pass), 3 (a blocking gate failed) or 4 (undecided). Needs no model and no torch.
    """
    from holdfast.pipeline import judge_stored
    from holdfast.report import ReportInput
    from holdfast.runs import read_measurements

    options = OutputOptions(markdown=markdown, junit=junit, json=json, quiet=quiet)
    options.check()
    verdict = judge_stored(measurements, policy, strict=strict)
    if waivers:
        verdict = _waived(verdict, measurements)
    report = ReportInput(title=str(measurements), verdict=verdict, measurements=read_measurements(measurements))
    finish(report, options)


def _waived(verdict: Verdict, folder: Path) -> Verdict:
    from holdfast.pipeline.recording import read_history, waived

    with read_history() as history:
        return waived(verdict, folder, history)
