"""`holdfast init`: write a pipeline file by asking a few questions, or from a training configuration that is there already."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.overwriting import refuse_twice
from holdfast.core import InputError

__all__ = ["run"]


def run(
    base: Annotated[str | None, typer.Option(help="The model that is to be fine-tuned.")] = None,
    data: Annotated[str | None, typer.Option(help="The training rows.")] = None,
    model: Annotated[str | None, typer.Option(help="A model that is tuned already; without it the file trains one.")] = None,
    from_: Annotated[Path | None, typer.Option("--from", help="A TRL, Axolotl, LLaMA-Factory or holdfast train configuration.")] = None,
    name: Annotated[str, typer.Option(help="Of the run.")] = "fine-tune",
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")] = Path("holdfast.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a pipeline file for `holdfast run`.

    What no option says is asked for, at a terminal. With --from, model, rows and settings come from the configuration; what has no
    counterpart here is named.
    """
    from holdfast.pipeline.running.beginning import begin

    if out.exists() and not force:
        raise InputError(f"{out} is there already. Give another file with --out, or --force to write over it.")
    refuse_twice(out)
    if from_ is None:
        base = base or _ask("Which model is fine-tuned? (folder, org/name, lab:aligned)", "--base")
        data = data or _ask("Which rows is it trained on? (file)", "--data")
        if model is None and sys.stdin.isatty():
            model = typer.prompt("Is it tuned already? (its folder; empty to train it here)", default="", show_default=False) or None
    begun = begin(base=base, data=data, model=model, config=from_, name=name)
    try:
        out.write_text(begun.text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror}). Give another file with --out.") from error
    typer.echo(f"Wrote {out}.")
    for note in begun.notes:
        typer.echo(f"Note: {note}")
    typer.echo(f"Next: holdfast run {out}")


def _ask(question: str, option: str) -> str:
    """Ask at a terminal; without one the option is needed."""
    if not sys.stdin.isatty():
        raise InputError(f"{option} is needed where nobody can be asked: add it, or --from CONFIG.")
    answer: str = typer.prompt(question)
    return answer
