"""`holdfast run holdfast.yaml`: from the rows to the verdict in one go."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.output import print_json
from holdfast.cli.progress import progress_bar

if TYPE_CHECKING:
    from holdfast.report.story import Story

__all__ = ["run"]

_common = partial(typer.Option, rich_help_panel="Common")
_output = partial(typer.Option, rich_help_panel="Output")


def run(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="The pipeline file; `holdfast init` writes one.")] = Path("holdfast.yaml"),
    run_folder: Annotated[
        Path | None, _common("--run", help="Run folder; the same command goes on in it.", show_default="runs/NAME of the file")
    ] = None,
    json: Annotated[bool, _output("--json", help="Print what happened as JSON.")] = False,
    quiet: Annotated[bool, _output("--quiet", "-q", help="Print one line only.")] = False,
) -> None:
    """Plan, scan, mix, train, compare, look for what is remembered and hidden, judge, and repair where that is asked for.

    Every step is kept: the same command goes on where it was stopped, and a changed file runs only what depends on the change. After a
    gate that failed no expensive step is begun. Exits with 0 (pass), 3 (a blocking gate failed) or 4 (undecided).
    """
    from holdfast.cli.command import command_line
    from holdfast.pipeline.running import read_pipeline, run_pipeline

    config = read_pipeline(file)
    folder = run_folder or Path("runs") / config.name
    bar = sys.stderr.isatty() and not json
    with progress_bar(shown=bar and not quiet) as progress:
        story = run_pipeline(config, folder, command=command_line(), progress=progress, tell=_nothing if bar or quiet else _say)
    if json:
        print_json(story)
    else:
        _show(story, folder, quiet=quiet)
    raise typer.Exit(story.verdict.decision.exit_code)


def _say(said: str) -> None:
    """Print one line where no bar can be drawn, as in the log of a job."""
    typer.echo(said, err=True)


def _nothing(said: str) -> None:
    pass


def _show(story: Story, folder: Path, *, quiet: bool) -> None:
    from rich.console import Console
    from rich.markup import escape

    from holdfast.core import Decision

    out = Console(emoji=False)
    if not quiet:
        for step in story.steps:
            out.print(f"[bold]{escape(step.title)}[/]: {step.state.value}. {escape(step.said)}", soft_wrap=True)
    repaired = ", after a repair" if story.repaired else ""
    but = f" But {story.reservation}" if story.reservation and story.verdict.decision is Decision.PASS else ""
    if story.unrepaired:
        but = f" {story.unrepaired}"
    line = f"{story.verdict.decision.value.upper()}{repaired}.{but} Report: {folder / 'report.html'}"
    out.print(escape(line), soft_wrap=True)
