"""What several commands of `holdfast provenance` take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Corpus", "Exact", "HistoryUrl", "Json", "Kind", "Models", "Quiet", "Value", "Workers"]

Corpus = Annotated[Path, typer.Argument(metavar="CORPUS", help="A folder that `holdfast corpus run` wrote.")]
Value = Annotated[str, typer.Argument(metavar="SOURCE|HOST|AUTHOR|URL", help="A URL may end in * for all that begin so.")]
Kind = Annotated[str | None, typer.Option(help="source, host, author or url.", show_default="told by the name")]
Exact = Annotated[bool, typer.Option("--exact", help="Of a host, leave out the hosts below it.")]
Models = Annotated[
    list[Path] | None,
    typer.Option(help="A folder with models that `holdfast train` made and no run has recorded; repeatable.", show_default=False),
]
HistoryUrl = Annotated[
    str | None,
    typer.Option("--history", help="A database URL, or a SQLite file.", show_default="$HOLDFAST_HISTORY, else in your data folder"),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes.", show_default="one per processor")]
Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print one line only.")]
