"""`holdfast mitigate`: repairs, one command each."""

from __future__ import annotations

import typer

from holdfast.cli.mitigating import scale

__all__ = ["app"]

app = typer.Typer(help="Repairs: win safety back, in the data, while training, in the weights or while decoding.", no_args_is_help=True)
app.command("scale")(scale.run)
