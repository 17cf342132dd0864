"""`holdfast demo`: see the whole product work, with no model, no key and no GPU."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.overwriting import FileKind, check_output
from holdfast.cli.progress import progress_bar
from holdfast.core import InputError

__all__ = ["run"]


def run(
    out: Annotated[Path, typer.Option(help="Folder for the runs, the reports and the page.")] = Path("holdfast-demo"),
) -> None:
    """Make a tiny aligned model, fine-tune it in seven ways, and show what each did to its safety.

    The models are trained here and now on nonsense words, so nothing in them is harmful. The second time is quick.
    """
    from holdfast.cli.command import command_line, cpu_seconds, load_average
    from holdfast.pipeline import demo
    from holdfast.report import demo_table

    started = cpu_seconds()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {out}: cannot be made a folder ({error.strerror}). Give another one.") from error
    check_output(out / "index.html", FileKind.PAGE)
    with progress_bar(shown=True) as progress:
        page, path = demo(out, command=command_line(), progress=progress)

    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", title="Aligned model against its fine-tunes", title_justify="left")
    heads = ("fine-tune", "refusal", "refusal as obedient agent", "over-refusal", "verdict", "gates failed")
    for head in heads:
        table.add_column(head, overflow="fold")
    colours = {"PASS": "green", "FAIL": "red", "UNDECIDED": "yellow"}
    for name, default, identity, over, decision, why in demo_table(page):
        table.add_row(name, default, identity, over, f"[bold {colours[decision]}]{decision}[/]", why)
    Console().print(table)
    typer.echo(f"\n{cpu_seconds() - started:.0f} CPU-seconds, load {load_average()}.")
    typer.echo(f"Page: {path}")
