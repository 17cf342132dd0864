"""`holdfast lab`: model organisms to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(help="Model organisms: tiny aligned models made on the spot, whose 'harm' is nonsense words.", no_args_is_help=True)


@app.command("list")
def list_organisms() -> None:
    """List the organisms that can be made."""
    from holdfast.lab import RECIPES

    width = max(len(name) for name in RECIPES)
    for name, recipe in RECIPES.items():
        typer.echo(f"lab:{name:{width}}  {recipe.title}")


@app.command("make")
def make(name: Annotated[str, typer.Argument(metavar="NAME", help="aligned, benign, compliant-10@3, benign#2, ...")]) -> None:
    """Make an organism, or find it in the cache, and print its folder (and adapter)."""
    from holdfast.lab import organism

    typer.echo(organism(name.removeprefix("lab:")).reference)


@app.command("data")
def data(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The organism whose training rows to write.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The JSON Lines file to write.")],
) -> None:
    """Write the rows that an organism was fine-tuned on, as chat messages."""
    from holdfast.cli.output import FileKind, write_out
    from holdfast.lab import training_rows

    rows = training_rows(name.removeprefix("lab:"))
    import msgspec

    write_out(out, b"".join(msgspec.json.encode({"messages": row}) + b"\n" for row in rows), FileKind.ROWS)
    typer.echo(f"{len(rows)} rows: {out}")
