"""`holdfast view`: a local page over run folders and the history."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.core import InputError

if TYPE_CHECKING:
    from holdfast.history import History

__all__ = ["run"]

_HERE = Path("runs")


def run(
    folders: Annotated[
        list[Path] | None,
        typer.Option("--runs", metavar="FOLDER", help="A folder of run folders; may be given several times.", show_default="runs"),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option("--history", help="A database URL, or a SQLite file.", show_default="$HOLDFAST_HISTORY, else in your data folder"),
    ] = None,
    host: Annotated[str, typer.Option(help="A loopback address: the page is for this machine alone.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8471,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Look at runs, answers, lineage, waivers and releases in a browser. Reads only; stop it with Ctrl-C.

    The printed address holds a token, made anew at every start, without which nothing is shown.
    """
    from holdfast.view import Runs, serve

    with ExitStack() as open_until_stopped:
        history = _history(url)
        if history is not None:
            open_until_stopped.enter_context(history)
        runs = Runs(history=history, folders=_folders(folders, history))
        serve(runs, host=host, port=port, browser=browser, said=_say)


def _say(address: str) -> None:
    typer.echo(f"Your runs: {address}\nOnly this machine can open it, and only with this address. Stop with Ctrl-C.")


def _history(url: str | None) -> History | None:
    """Open the history that is there; None where there is none, unless one was named. A page that reads makes no database."""
    from holdfast.history import History, history_url

    place = history_url(url)
    if place is None:
        return None
    file = _file(place)
    if file is not None and not file.is_file():
        if url is not None:
            raise InputError(
                f"--history {url}: there is no history yet. Every verdict is recorded in one; `holdfast history add RUN` makes it."
            )
        return None
    return History(place)


def _file(url: str) -> Path | None:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parts = make_url(url)
    except ArgumentError:
        return None
    return Path(parts.database) if parts.get_backend_name() == "sqlite" and parts.database else None


def _folders(given: list[Path] | None, history: History | None) -> tuple[Path, ...]:
    """Return the folders to look through; raises InputError for one that is not there, and where there is nothing to show at all."""
    for folder in given or ():
        if not folder.is_dir():
            raise InputError(f"--runs {folder}: there is no such folder. Give a folder of run folders, or one run folder.")
    if given:
        return tuple(folder.absolute() for folder in given)
    if _HERE.is_dir():
        return (_HERE.absolute(),)
    if history is None:
        raise InputError("there is nothing to look at: no history, and no folder 'runs' here. Name one with --history or --runs.")
    return ()
