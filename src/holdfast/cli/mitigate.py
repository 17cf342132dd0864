"""`holdfast mitigate`: repairs, one command each."""

from __future__ import annotations

import typer

from holdfast.cli.mitigating import auto, distill, drop, ensemble, layers, lint, mix, realign, scale, template, vector

__all__ = ["app"]

app = typer.Typer(help="Repairs: win safety back, in the data, while training, in the weights or while decoding.", no_args_is_help=True)
app.command("auto")(auto.run)
app.command("mix")(mix.run)
app.command("distill")(distill.run)
app.command("template")(template.run)
app.command("realign")(realign.run)
app.command("drop")(drop.run)
app.command("scale")(scale.run)
app.command("vector")(vector.run)
app.command("layers")(layers.run)
app.command("ensemble")(ensemble.run)
app.command("lint")(lint.run)
