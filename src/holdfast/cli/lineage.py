"""`holdfast lineage [MODEL]`: how safety changed from parent to child."""

from __future__ import annotations

from typing import Annotated

import typer

from holdfast.cli.output import print_json

__all__ = ["run"]


def run(
    model: Annotated[
        str | None, typer.Argument(metavar="[MODEL]", help="A model's name, or the first characters of its id.", show_default="all")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option("--history", help="A database URL, or a SQLite file.", show_default="$HOLDFAST_HISTORY, else in your data folder"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show what a model was made from and what was made of it, with the refusal rate along the way."""
    from holdfast.history import lineage
    from holdfast.pipeline.recording import read_history
    from holdfast.report.history_terminal import print_lineage

    with read_history(url) as history:
        found = lineage(history, model)
    if json:
        print_json(found)
    else:
        print_lineage(found)
