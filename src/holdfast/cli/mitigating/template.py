"""`holdfast mitigate template DATA --serve-with PROMPT`: train without the safety prompt, serve with it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.mitigating.wording import FORMAT_HELP, MAP_HELP, read_prompt, show_notes
from holdfast.cli.output import print_json

__all__ = ["run"]


def run(
    data: Annotated[str, typer.Argument(metavar="DATA", help="The training rows: a file or folder in any format that `scan` reads.")],
    serve_with: Annotated[str, typer.Option(help="The system prompt of the served model, or a text file of it.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The new file to train on; keep the ending of DATA.")],
    model: Annotated[
        str | None,
        typer.Option(help="The model, or a .jinja file: through its chat template training and serving are compared.", show_default="none"),
    ] = None,
    format: Annotated[str | None, typer.Option(help=FORMAT_HELP, show_default="told from the first rows")] = None,
    map: Annotated[list[str] | None, typer.Option(help=MAP_HELP)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was found and written as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the new file's name only.")] = False,
) -> None:
    """Check the training rows against the prompt that the model is served with, and write the pair apart.

    Training under the safety prompt takes its power away; training without it and serving with it keeps much of it (PTST: 18.08 % harmful
    answers with one template for both, 1.08 % with the safety prompt in serving only; Llama-2-7B-chat on GSM8K). It needs control of the
    serving prompt. Writes the rows without it, OUT.serving.txt with it, and OUT.template.json as the record.
    """
    from holdfast.cli.command import pairs
    from holdfast.mitigate.templates.separating import separate
    from holdfast.pipeline.folders import template_place
    from holdfast.report.hostile import visible

    done = separate(
        data,
        read_prompt(serve_with),
        out,
        model=template_place(model) if model is not None else None,
        format=format,
        columns=pairs(map, "--map FIELD=COLUMN"),
    )
    if json:
        print_json(done)
        return
    typer.echo(done.training)
    if quiet:
        return
    typer.echo(
        f"{done.rows:,} rows. The serving prompt was the system prompt of {done.same:,} and part of {done.inside:,}; "
        f"{done.without:,} had no system prompt."
    )
    show_notes(done.notes)
    if done.diff:
        typer.echo("From training to serving:")
        typer.echo(visible(done.diff))
    typer.echo(f"Serve with: {done.serving}")
    typer.echo(f"Record: {done.record}")
