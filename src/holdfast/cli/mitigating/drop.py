"""`holdfast mitigate drop DATA --ranking FILE --share 2%`: leave out the rows that moved the model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.mitigating.wording import FORMAT_HELP, MAP_HELP, show_notes
from holdfast.cli.output import print_json

__all__ = ["run"]


def run(
    data: Annotated[str, typer.Argument(metavar="DATA", help="The training rows that were ranked.")],
    ranking: Annotated[Path, typer.Option(help="The queue that `drift --rank` wrote.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The new file; keep the ending of DATA.")],
    share: Annotated[str | None, typer.Option(help="Share of the rows to leave out, for example 2%.", show_default="none")] = None,
    count: Annotated[int | None, typer.Option(help="Number of rows to leave out.", show_default="none")] = None,
    train: Annotated[
        Path | None,
        typer.Option(help="Configuration of the training that used DATA; OUT.train.yaml then repeats it.", show_default="none"),
    ] = None,
    format: Annotated[str | None, typer.Option(help=FORMAT_HELP, show_default="told from the first rows")] = None,
    map: Annotated[list[str] | None, typer.Option(help=MAP_HELP)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the new file's name only.")] = False,
) -> None:
    """Write training data without the rows that a ranking put on top, and the configuration to train again.

    A ranking is triage. Whether leaving rows out helped is known when the repeated run was compared with the base. DATA is never written
    to; OUT.drop.json lists what was left out.
    """
    from holdfast.cli.command import pairs
    from holdfast.mitigate import parse_share
    from holdfast.mitigate.dropping import drop
    from holdfast.training.settings import read_config

    done = drop(
        data,
        ranking,
        out,
        share=parse_share(share) if share is not None else None,
        count=count,
        config=read_config(train) if train is not None else None,
        format=format,
        columns=pairs(map, "--map FIELD=COLUMN"),
    )
    if json:
        print_json(done)
        return
    typer.echo(done.path)
    if quiet:
        return
    typer.echo(f"{done.dropped:,} rows left out, {done.rows:,} kept ({done.unranked:,} of them could not be ranked).")
    show_notes(done.notes)
    typer.echo(f"Record: {done.record}")
    if done.config is not None:
        typer.echo(f"Train again: holdfast train {done.config}")
