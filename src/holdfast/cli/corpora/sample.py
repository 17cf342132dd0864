"""`holdfast corpus sample SOURCE`: what is in a corpus, from a sample with known probabilities."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.progress import progress_bar
from holdfast.core.seeds import MOST_SEED

if TYPE_CHECKING:
    from holdfast.corpus.sampling.facts import SampleAudit

__all__ = ["sample"]

_drawn = partial(typer.Option, rich_help_panel="What is drawn")
_output = partial(typer.Option, rich_help_panel="Output")


def sample(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A file, folder, glob, address or hub id; a corpus folder; or a configuration (YAML).")
    ],
    run_folder: Annotated[
        Path | None, typer.Option("--run", help="Run folder; the same command goes on with it.", show_default="runs/sample-SOURCE")
    ] = None,
    n: Annotated[int, _drawn("--n", min=2, help="Documents to draw, about.")] = 1000,
    seed: Annotated[int, _drawn(min=0, max=MOST_SEED, help="Of the draw.")] = 0,
    read: Annotated[int, _drawn(min=1, metavar="MB", help="Read about so much; of a larger source shards are drawn by size.")] = 1024,
    format: Annotated[str | None, _drawn(help="text, lines, jsonl, parquet, warc or wet.", show_default="by the files' names")] = None,
    text: Annotated[str, _drawn(help="Name of the column with the text.")] = "text",
    labels: Annotated[
        Path | None, typer.Option(help="Labels that people gave to rows of this sample: id and label, as JSON Lines or CSV.")
    ] = None,
    confidence: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    json: Annotated[bool, _output("--json", help="Print the estimates as JSON.")] = False,
    quiet: Annotated[bool, _output("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Draw documents with known probability and estimate, with intervals, how much of the whole has each defect.

    Looks for all that the filters and detectors see in one document; a defect that the sample does not show still gets an upper limit.
    Duplicates cannot be estimated from a sample. Writes sample.jsonl (rows with their weights, to read and label), audit.json and
    report.html; with --labels, also what people's labels mean for the whole. Decides nothing: the exit code is 0.
    """
    from holdfast.cli.command import command_line
    from holdfast.cli.output import print_json
    from holdfast.corpus.sampling.facts import SampleSpec
    from holdfast.pipeline.corpus_sampling import audit_sample

    spec = SampleSpec(given=source, n=n, seed=seed, budget=read << 20, confidence=confidence, format=format, text=text, labels=labels)
    named = re.sub(r"[^A-Za-z0-9._@-]+", "-", Path(source).name.split(".", 1)[0]).strip("-.") or "source"
    folder = run_folder or Path("runs") / f"sample-{named}"
    with progress_bar(shown=not (json or quiet)) as progress:
        audit = audit_sample(spec, folder, command=command_line(), progress=progress)
    if json:
        print_json(audit)
    elif not quiet:
        _print(audit)
        typer.echo(f"Rows to label: {folder / 'sample.jsonl'}\nReport: {folder / 'report.html'}")


def _print(audit: SampleAudit) -> None:
    from rich.console import Console
    from rich.table import Table

    from holdfast.report.corpus_sample_view import build_sample_view

    view = build_sample_view(audit)
    typer.echo(view.sentence)
    table = Table("Defect", "Share", "Interval", "Documents", "In the sample", box=None, header_style="bold")
    for row in (*view.labelled, *view.found):
        table.add_row(row.name, *(row.cells[place] for place in (0, 1, 2, 4)))
    if table.row_count:
        Console().print(table)
    if view.unseen:
        typer.echo(f"{len(view.unseen)} more were looked for and are not in the sample; their upper limits are on the page.")
    for note in view.notes:
        typer.echo(f"holdfast: {note}", err=True)
