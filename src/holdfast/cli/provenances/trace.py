"""`holdfast provenance trace CORPUS SOURCE`: which shards and which trained models hold rows of it?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.output import FileKind, check_output, print_json
from holdfast.cli.progress import progress_bar
from holdfast.cli.provenances.arguments import Corpus, Exact, HistoryUrl, Json, Kind, Models, Value, Workers

__all__ = ["run"]


def run(
    corpus: Corpus,
    value: Value,
    kind: Kind = None,
    exact: Exact = False,
    rows: Annotated[
        Path | None, typer.Option(help="Write the texts of these rows as JSON Lines; they may be harmful.", show_default=False)
    ] = None,
    models: Models = None,
    history: HistoryUrl = None,
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Show which shards hold rows of a source, host, author or URL, how many, of which dates and licences, and which models hold them.

    Models are those whose training data is one of these shards, those that `holdfast provenance used` recorded, and everything made
    from them. The first call makes an index beside the corpus (trace.parquet); later ones answer from it. A question: exit code 0.
    """
    from holdfast.pipeline.retracting import Asked, trace_source
    from holdfast.provenance import take_rows
    from holdfast.report.provenance_terminal import print_traced

    if rows is not None:
        check_output(rows, FileKind.ROWS)
    asked = Asked(value=value, kind=kind, below=not exact)
    with progress_bar(shown=not json) as progress:
        found = trace_source(corpus, asked, history=history, models=models or (), workers=workers, progress=progress)
        if rows is not None:
            take_rows(corpus, found.holding, rows, progress=progress)
    if json:
        print_json(found)
    else:
        print_traced(found)
        if rows is not None:
            typer.echo(f"Rows: {rows} ({found.holding.rows:,})")
