"""`holdfast mitigate scale BASE TUNED --alpha A`: keep a part of a fine-tune."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["run"]


def run(
    base: Annotated[str, typer.Argument(metavar="BASE", help="The model before fine-tuning.")],
    tuned: Annotated[str, typer.Argument(metavar="TUNED", help="The model after it: a whole model, BASE+ADAPTER, or an adapter folder.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write; it must not exist.")],
    alpha: Annotated[float, typer.Option(help="How much of the fine-tune to keep: 0 is the base, 1 the tuned model.")] = 0.5,
    extrapolate: Annotated[bool, typer.Option("--extrapolate", help="Allow an alpha from -1 to 0: a step past the base.")] = False,
    whole_digests: Annotated[
        bool | None,
        typer.Option(
            "--whole-digests/--sampled-digests",
            help="Fingerprint every byte of the inputs, or samples of each tensor.",
            show_default="whole up to 256 MiB",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the new model's reference only.")] = False,
) -> None:
    """Write the model between a base and its fine-tune: (1 - alpha) * base + alpha * tuned (WiSE-FT).

    Whole models are mixed tensor by tensor from disk to disk, so memory does not grow with the model. Of a LoRA adapter an adapter is
    written that applies alpha times as much; DoRA and other kinds that are not linear in their scale are refused with the reason.
    It returns a part of what was lost for a part of what was learned: measure both before you release it.
    """
    from holdfast.cli.mitigating.shown import show_repaired
    from holdfast.cli.progress import progress_bar
    from holdfast.mitigate.weights import scale

    with progress_bar(shown=not (json or quiet)) as bar:
        made = scale(
            base,
            tuned,
            alpha,
            out,
            extrapolate=extrapolate,
            whole_digests=whole_digests,
            progress=lambda done, total: bar("MB", done // 1_000_000, total // 1_000_000),
        )
    show_repaired(made, base=base, json=json, quiet=quiet)
