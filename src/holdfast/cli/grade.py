"""`holdfast grade RUN --judge NAME`: another judge on stored answers, without the models that gave them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.output import AsStrictly, OutputOptions, finish
from holdfast.cli.progress import progress_bar

__all__ = ["run"]


def run(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The run folder of a finished comparison.")],
    judge: Annotated[str, typer.Option(help="NAME, NAME=MODEL or NAME/VARIANT=MODEL, for example guard/qwen3=./folder.")],
    second_judge: Annotated[str | None, typer.Option(help="Another judge, for the prompts that flipped.")] = None,
    ledger: Annotated[Path | None, typer.Option(help="Measured errors of the judge, from `holdfast judges test --out`.")] = None,
    policy: Annotated[
        str | None,
        typer.Option(help="compare, release, article, or a YAML file.", show_default="the one that the run was judged by"),
    ] = None,
    strict: AsStrictly = None,
    markdown: Annotated[Path | None, typer.Option(help="Also write a Markdown table.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Also write JUnit XML, one test case per gate.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the verdict line only.")] = False,
) -> None:
    """Grade the stored answers of both sides with another judge, and judge them again.

    Loads none of the models that were compared. Old grades stay; measurements, verdict and report.html are written anew.
    Exits with 0 (pass), 3 (a blocking gate failed) or 4 (undecided).
    """
    from holdfast.pipeline import grade_run

    options = OutputOptions(markdown=markdown, junit=junit, json=json, quiet=quiet)
    options.check()
    with progress_bar(shown=not (json or quiet)) as progress:
        result = grade_run(folder, judge=judge, second_judge=second_judge, ledger=ledger, policy=policy, strict=strict, progress=progress)
    finish(result.report, options, page=result.page)
