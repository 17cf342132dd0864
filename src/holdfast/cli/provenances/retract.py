"""`holdfast provenance retract CORPUS SOURCE --out NEW`: the version without it, and the models to look at again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.output import FileKind, check_output, print_json, write_out
from holdfast.cli.progress import progress_bar
from holdfast.cli.provenances.arguments import Corpus, Exact, HistoryUrl, Json, Kind, Models, Value, Workers
from holdfast.core import InputError

if TYPE_CHECKING:
    from holdfast.provenance import Retraction

__all__ = ["run"]


def run(
    corpus: Corpus,
    value: Value,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The new version's folder.", show_default=False)] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Say what would be done, and write nothing.")] = False,
    why: Annotated[str, typer.Option(help="The reason; it stands in the new version.")] = "",
    kind: Kind = None,
    exact: Exact = False,
    models: Models = None,
    copy: Annotated[bool, typer.Option("--copy", help="Copy shards that stay the same; linked otherwise, where that can be.")] = False,
    history: HistoryUrl = None,
    workers: Workers = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the report as Markdown.")] = None,
    json: Json = False,
) -> None:
    """Write the version of a corpus without a source, host, author or URL, and list the models to look at again.

    The old version stays as it is. Shards without such rows are linked, the others written anew, with their provenance; killed, the
    same command goes on. Exit code 4 where a known model was trained on such rows, or where no models were looked for: what was
    measured on them stands no more until they are looked at again. Exit code 0 where there is none.
    """
    from holdfast.pipeline.retracting import Asked, retract_source
    from holdfast.report.provenance_markdown import retraction_markdown
    from holdfast.report.provenance_terminal import print_traced, print_written

    if (out is None) != plan:
        raise InputError("expected --out FOLDER for the new version, or --plan to write nothing; one of them.")
    if markdown is not None:
        check_output(markdown, FileKind.RETRACTION)

    def show(planned: Retraction) -> None:
        if not json:
            print_traced(planned.traced, planned=plan)

    with progress_bar(shown=not json) as progress:
        done = retract_source(
            corpus,
            Asked(value=value, kind=kind, below=not exact),
            out,
            why=why,
            copy=copy,
            history=history,
            models=models or (),
            workers=workers,
            progress=progress,
            planned=show,
        )
    if markdown is not None:
        write_out(markdown, retraction_markdown(done).encode(), FileKind.RETRACTION)
    if json:
        print_json(done)
    else:
        print_written(done)
    raise typer.Exit(done.traced.decision.exit_code)
