"""How a command that ends in a verdict says so: terminal, files, exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from holdfast.cli.overwriting import FileKind, check_output
from holdfast.core import UNFINISHED, InputError

if TYPE_CHECKING:
    from holdfast.report import ReportInput

__all__ = ["AsStrictly", "FileKind", "OutputOptions", "check_output", "finish", "print_json", "write_out", "write_reports"]


AsStrictly = Annotated[
    bool | None,
    typer.Option(
        "--strict/--no-strict",
        help="Warnings of gates that ask for it leave the verdict undecided.",
        show_default="as the run was judged, unless --policy is given",
    ),
]
"""The option of a command that judges a run again."""


class OutputOptions(NamedTuple):
    """Where a verdict goes besides the run folder."""

    markdown: Path | None = None
    junit: Path | None = None
    json: bool = False
    quiet: bool = False

    def check(self) -> None:
        """Refuse a file that must not or could not be written, before a long run and not after it; raises InputError."""
        for path, kind in ((self.markdown, FileKind.MARKDOWN), (self.junit, FileKind.JUNIT)):
            if path is not None:
                check_output(path, kind)


def write_out(path: Path, data: bytes, kind: FileKind) -> None:
    """Write a file that the user asked for; raises InputError where that cannot be, or would destroy what is not ours (`check_output`)."""
    from holdfast.runs import write_atomically

    check_output(path, kind, data)
    try:
        write_atomically(path, data)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}). Give a file in a folder that exists.") from error


def print_json(value: object) -> None:
    """Print a value as indented JSON."""
    import msgspec

    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def write_reports(report: ReportInput, options: OutputOptions) -> None:
    """Write the Markdown and JUnit files that were asked for."""
    from holdfast.report import to_junit, to_markdown

    if options.markdown is not None:
        write_out(options.markdown, to_markdown(report).encode(), FileKind.MARKDOWN)
    if options.junit is not None:
        write_out(options.junit, to_junit(report).encode(), FileKind.JUNIT)


def finish(report: ReportInput, options: OutputOptions, *, page: Path | None = None) -> None:
    """Show a verdict and leave with its exit code."""
    from holdfast.report import print_terminal, verdict_line

    write_reports(report, options)
    if options.json:
        print_json(report.verdict)
    elif options.quiet:
        typer.echo(verdict_line(report))
    else:
        print_terminal(report)
    missing = report.not_assessed.get("missing answers")
    said = [f"{missing}."] if missing is not None else [gate.why for gate in report.verdict.gates if gate.metric == UNFINISHED]
    for sentence in said:
        typer.echo(f"holdfast: {sentence}", err=True)
    if page is not None and not (options.json or options.quiet):
        typer.echo(f"Report: {page}")
    raise typer.Exit(report.verdict.decision.exit_code)
