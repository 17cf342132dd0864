"""`holdfast corpus`: the same defences at pre-training scale, on one machine or on a cluster."""

from __future__ import annotations

import typer

from holdfast.cli.corpora import monitor, run, sample

__all__ = ["app"]

app = typer.Typer(help="Documents at pre-training scale: filter, deduplicate, plant canaries, and know where every row came from.")
app.command("run")(run.run)
app.command("monitor")(monitor.monitor)
app.command("sample")(sample.sample)
