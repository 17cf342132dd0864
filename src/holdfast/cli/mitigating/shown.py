"""What the repairs of weights say when they are done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from holdfast.cli.output import print_json

if TYPE_CHECKING:
    from holdfast.mitigate.weights import Repaired

__all__ = ["show_repaired"]


def show_repaired(made: Repaired, *, base: str, json: bool, quiet: bool) -> None:
    """Print where a repaired model is, what a reader must know of it, and how to measure it."""
    if json:
        print_json({"reference": made.reference, "folder": made.folder, "mitigation": made.mitigation})
        return
    typer.echo(made.reference)
    if quiet:
        return
    for note in made.mitigation.notes:
        typer.echo(f"  {note}")
    typer.echo(f"Measure it: holdfast compare {base} {made.reference}")
