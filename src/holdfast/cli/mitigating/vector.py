"""`holdfast mitigate vector TUNED`: add what alignment changed, once more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["run"]


def run(
    tuned: Annotated[str, typer.Argument(metavar="TUNED", help="The fine-tuned model, whole or BASE+ADAPTER.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write; it must not exist.")],
    aligned: Annotated[str | None, typer.Option(metavar="MODEL", help="The aligned model, often the base of the fine-tune.")] = None,
    unaligned: Annotated[str | None, typer.Option(metavar="MODEL", help="The same model before it was aligned.")] = None,
    safety_adapter: Annotated[
        str | None, typer.Option(metavar="ADAPTER", help="A LoRA adapter trained on refusals, in place of the two models.")
    ] = None,
    gamma: Annotated[float, typer.Option(help="How much of it to add, from 0 to 4.")] = 1.0,
    json: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the new model's reference only.")] = False,
) -> None:
    """Write tuned + gamma * (aligned - unaligned), or put a safety adapter beside the tuned one (RESTA).

    Whole models are mixed tensor by tensor from disk to disk. Two LoRA adapters are put side by side, their ranks added, so that their
    updates add up exactly. A public pair of base and instruct models differs in more than safety: measure the task too.
    """
    from holdfast.cli.mitigating.shown import show_repaired
    from holdfast.cli.progress import progress_bar
    from holdfast.core import InputError
    from holdfast.mitigate.weights import add_safety_adapter, add_vector

    if safety_adapter is not None:
        if aligned is not None or unaligned is not None:
            raise InputError("Give either --safety-adapter, or --aligned and --unaligned.")
        made = add_safety_adapter(tuned, safety_adapter, out, gamma=gamma)
    elif aligned is None or unaligned is None:
        raise InputError("A safety vector needs two models, --aligned and --unaligned, or a --safety-adapter.")
    else:
        with progress_bar(shown=not (json or quiet)) as bar:
            made = add_vector(
                tuned, aligned, unaligned, out, gamma=gamma, progress=lambda done, total: bar("MB", done // 1_000_000, total // 1_000_000)
            )
    show_repaired(made, base=aligned or "BASE", json=json, quiet=quiet)
