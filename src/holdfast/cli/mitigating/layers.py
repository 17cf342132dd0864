"""`holdfast mitigate layers BASE TUNED`: scale back only the layers that score highest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

__all__ = ["run"]


def run(
    base: Annotated[str, typer.Argument(metavar="BASE", help="The model before fine-tuning.")],
    tuned: Annotated[str, typer.Argument(metavar="TUNED", help="The model after it: a whole model, BASE+ADAPTER, or an adapter folder.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write; it must not exist.")],
    score: Annotated[
        Literal["size", "opposition"],
        typer.Option(help="size: relative size of the update; opposition: how much it goes back along what alignment changed."),
    ] = "size",
    count: Annotated[int | None, typer.Option(min=1, help="How many layers to scale back.", show_default="a third")] = None,
    strength: Annotated[float, typer.Option(help="How much of the fine-tune these layers keep, 0 to 1.")] = 0.0,
    unaligned: Annotated[str | None, typer.Option(metavar="MODEL", help="The base before it was aligned; `opposition` needs it.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the new model's reference only.")] = False,
) -> None:
    """Keep the fine-tune in most layers, and give the highest-scoring ones back to the base, wholly or in part.

    What it does is interpolation, of some layers. The score chooses them and measures no safety: layers chosen at random
    may do as well, so compare it with `holdfast mitigate scale`. Embeddings, head and last norm stay as tuned.
    """
    from holdfast.cli.mitigating.shown import show_repaired
    from holdfast.cli.progress import progress_bar
    from holdfast.mitigate.weights import gate_layers

    with progress_bar(shown=not (json or quiet)) as bar:
        gated = gate_layers(
            base,
            tuned,
            out,
            score=score,
            count=count,
            strength=strength,
            unaligned=unaligned,
            progress=lambda done, total: bar("MB", done // 1_000_000, total // 1_000_000),
        )
    if not (json or quiet):
        typer.echo(f"layer  {score:>10}  kept")
        for one in gated.layers:
            typer.echo(f"{one.layer:5}  {one.score:10.4f}  {one.strength:g}")
    show_repaired(gated.repaired, base=base, json=json, quiet=quiet)
