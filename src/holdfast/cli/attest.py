"""`holdfast attest RUN`: papers for a supply chain, beside the verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.output import print_json

__all__ = ["run"]


def run(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The run folder of a judged comparison.")],
    model: Annotated[
        str | None, typer.Option(help="Where the tuned model lies now. It must be the tested one.", show_default="where the run found it")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write an in-toto test result (verdict.intoto.json) and a CycloneDX bill of materials (mlbom.cdx.json) into a run folder.

    The statement names every file of the tuned model by its digest, so that `holdfast verify` can tell which one changed. Nothing is
    signed: sign the files with what your supply chain signs with.
    """
    from holdfast.pipeline.attesting import attest

    made = attest(folder, model=model)
    if json:
        print_json(made)
        return
    typer.echo(f"Statement: {made.statement} ({made.files} files of the model)")
    typer.echo(f"Bill of materials: {made.bill}")
