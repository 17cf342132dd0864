"""`holdfast redact RUN`: take personal data and secrets out of a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.output import print_json

__all__ = ["run"]


def run(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    json: Annotated[bool, typer.Option("--json", help="Print what was changed as JSON.")] = False,
) -> None:
    """Replace personal data and secrets in stored answers by their kind, for example [EMAIL], and draw the page again.

    The evidence stays whole: the run can still be judged, concluded again and gone on with. Afterwards only its owner can read the
    folder. Nothing can be put back.
    """
    from holdfast.pipeline.redacting import redact_run

    done = redact_run(folder)
    if json:
        print_json(done)
        return
    texts = f"{done.places:,} text{'' if done.places == 1 else 's'}"
    typer.echo(
        f"{texts} in {len(done.files)} files held personal data or secrets and were cleaned." if done.files else "Nothing was found."
    )
    for name in done.files:
        typer.echo(f"  {name}")
