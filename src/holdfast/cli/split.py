"""`holdfast split DATA`: keep rows back before training, so that membership can be measured afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.output import print_json
from holdfast.core.seeds import MOST_SEED

__all__ = ["run"]


def run(
    data: Annotated[str, typer.Argument(metavar="DATA", help="The rows: one file in any format that `scan` reads.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The new file to train on; keep its ending.")],
    held_out: Annotated[Path, typer.Option(help="The new file of rows kept back.")],
    share: Annotated[float, typer.Option(help="Share of rows to keep back; at least 300 rows make a measurement.")] = 0.05,
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="Of the draw.")] = 0,
    format: Annotated[str | None, typer.Option(help="Format of the rows.", show_default="told from the first rows")] = None,
    map: Annotated[list[str] | None, typer.Option(help="FIELD=COLUMN, for example request=question; repeatable.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Split training data into rows to train on and rows kept back, repeats and near repeats on one side together.

    Do it before training: held-out rows of the same source are what `holdfast memorization --held-out` compares with. Both files keep
    the format of the data, byte by byte.
    """
    from holdfast.cli.command import pairs
    from holdfast.pipeline.splitting import split_rows
    from holdfast.scan import ScanSpec

    spec = ScanSpec(data=data, format=format, columns=pairs(map, "--map FIELD=COLUMN"))
    written = split_rows(spec, out, held_out, share=share, seed=seed)
    if json:
        print_json(written)
        return
    typer.echo(f"To train on: {written.train} ({written.train_rows:,} rows)")
    typer.echo(f"Held out: {written.held_out} ({written.held_out_rows:,} rows; sets of repeats kept together: {written.clusters:,})")
    typer.echo(f"Record: {written.record}")
    for note in written.notes:
        typer.echo(note)
