"""`holdfast mitigate lint CONFIG`: training settings against the ranges in which safety is known to be kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.output import print_json
from holdfast.core.exits import ExitCode

if TYPE_CHECKING:
    from holdfast.training.linting import Lint

__all__ = ["run", "show_advice"]

_TRAINERS = ("holdfast", "trl", "axolotl", "llama-factory")


def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="YAML, JSON or TOML of TRL, Axolotl, LLaMA-Factory or holdfast train.")],
    trainer: Annotated[str | None, typer.Option(help="holdfast, trl, axolotl or llama-factory.", show_default="told from the keys")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 3 where a setting is beyond a blocking bound.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the advice as JSON.")] = False,
) -> None:
    """Hold a training configuration against safe ranges: learning rate, rows per step, epochs, method, layers, packing, template.

    Every piece of advice says why, on what evidence, and whether the bound itself is published or a rule of thumb. It is advice: the exit
    code is 0 unless --strict asks for more. What the configuration does not say is not judged.
    """
    from holdfast.core import InputError, did_you_mean
    from holdfast.training.foreign import read_foreign
    from holdfast.training.linting import lint

    if trainer is not None and trainer not in _TRAINERS:
        raise InputError(f"--trainer {trainer!r} is not known. {did_you_mean(trainer, _TRAINERS)}")
    found = lint(read_foreign(config, trainer))  # type: ignore[arg-type]  # checked above
    if json:
        print_json(found)
    else:
        typer.echo(f"{config}: {summary(found)}")
        show_advice(found)
    if strict and found.blocking:
        raise typer.Exit(ExitCode.FAIL)


def summary(found: Lint) -> str:
    """Return what a configuration is, in one line."""
    one = found.settings
    parts = [one.trainer, one.stage, one.method]
    if one.learning_rate is not None:
        parts.append(f"learning rate {one.learning_rate:g}")
    if one.rows_per_step is not None:
        parts.append(f"{one.rows_per_step} rows per step and device")
    if one.steps is not None:
        parts.append(f"{one.steps} steps")
    elif one.epochs is not None:
        parts.append(f"{one.epochs:g} epochs")
    return ", ".join(parts)


def show_advice(found: Lint) -> None:
    """Print the advice, loudest first, each with its reason and its evidence."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not found.advice:
        typer.echo(f"No advice: {len(found.checked)} settings are within their ranges.")
        return
    table = Table(box=None, pad_edge=False, show_edge=False, padding=(0, 2, 1, 0))
    table.add_column("")
    table.add_column("setting", no_wrap=True)
    table.add_column("why, and what to do")
    for one in found.advice:
        value = "not set" if one.value is None else f"{one.value:g}" if isinstance(one.value, float) else str(one.value)
        over = "" if one.bound is None else f"\nbound {one.bound:g}"
        evidence = "; ".join(source.partition(" (")[0] if len(one.evidence) > 1 else source for source in one.evidence)
        why = Text(f"{one.reason} {one.advice}\n")
        why.append(f"{one.strength}: {evidence}", style="dim")
        colour = {"block": "bold red", "warn": "yellow", "notice": "cyan"}[one.level]
        table.add_row(Text(one.level, style=colour), Text(f"{one.setting}\n{value}{over}"), why)
    Console(highlight=False, width=None if typer.get_text_stream("stdout").isatty() else 120).print(table)
