"""`holdfast card RUN`: the section of a model card that a comparison is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.output import FileKind, write_out

__all__ = ["run"]


def run(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The run folder of a judged comparison.")],
    owner: Annotated[str, typer.Option(help="Who answers for the tuned model: a person or a team.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write it to a file.", show_default="the terminal")] = None,
) -> None:
    """Write a model card's section: `model-index` entries, the measured drops with their intervals, and who answers for the model."""
    from holdfast.pipeline.attesting import card

    text = card(folder, owner=owner)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_out(out, text.encode(), FileKind.CARD)
