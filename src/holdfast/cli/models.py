"""`holdfast models`: the ways to run a model, and what a server really does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.output import print_json

if TYPE_CHECKING:
    from holdfast.plugins import ServerCheck

__all__ = ["app"]

app = typer.Typer(help="Model references, and what a served model's server really does.", no_args_is_help=True)


@app.command("list")
def list_kinds() -> None:
    """List the kinds of model references, one line each."""
    from holdfast.core import MissingExtraError
    from holdfast.plugins import load, names

    for name in names("model"):
        try:
            doc = (load("model", name).__doc__ or "").strip().partition(". ")[0].rstrip(".")
        except MissingExtraError as error:
            doc = str(error)
        typer.echo(f"{name:13} {doc}")


@app.command("check")
def check(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A served model: openai:MODEL@http://host:port/v1.")],
    timeout: Annotated[float, typer.Option(help="Seconds until a request counts as failed.")] = 120.0,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure what a server does with limits, seeds, temperature, system prompts, begun answers and log probabilities.

    About 45 short requests. What a server ignores is often answered with status 200, so nothing is believed.
    """
    from holdfast.core import ModelError
    from holdfast.plugins import MeasuresServer, ModelOptions, open_models

    (engine,) = open_models([model], ModelOptions(timeout=timeout))
    try:
        if not isinstance(engine, MeasuresServer):
            raise ModelError(f"{model!r} runs on this machine; only a served model (openai:MODEL@URL) has a server to check.")
        checks = engine.measure_server()
    finally:
        engine.close()
    if json:
        print_json(checks)
        return
    _show(checks)


def _show(checks: tuple[ServerCheck, ...]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("ability", "state", "seen", "so that"):
        table.add_column(column, overflow="fold")
    for found in checks:
        # Text, not markup: a server's own words stand in it.
        table.add_row(*(Text(_printable(part)) for part in (found.name, found.state, found.seen, found.means)))
    Console().print(table)


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else f"[U+{ord(sign):04X}]" for sign in text)
