"""`holdfast provenance show CORPUS ROW`: where did this row come from?"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from holdfast.cli.output import print_json
from holdfast.cli.progress import progress_bar
from holdfast.cli.provenances.arguments import Corpus, Json
from holdfast.core import InputError

__all__ = ["run"]


def run(
    corpus: Corpus,
    row: Annotated[
        str | None, typer.Argument(metavar="[ROW]", help="SHARD:ROW, such as 00012:5, or rejected/00012:5; rows count from 0.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="Find the rows with exactly this text; - reads it from standard input.")] = None,
    digest: Annotated[str | None, typer.Option(help="Find the rows with this digest (BLAKE2b, 32 hexadecimal digits).")] = None,
    json: Json = False,
) -> None:
    """Show a row's source, file and line, URL, crawl date, licence, digest, and each step with its version and what it did.

    Of a document that was left out, the reason. The text itself is not printed; it is held against its digest.
    """
    from holdfast.provenance import RowOrigin, find_rows, show_row
    from holdfast.report.provenance_terminal import print_row

    if (row is not None) + (text is not None) + (digest is not None) != 1:
        raise InputError("expected one of ROW, --text and --digest.")
    if row is not None:
        found: tuple[RowOrigin, ...] = (show_row(corpus, row),)
    else:
        # Standard input as it is: a text is found by its exact bytes, the line end with them.
        given = sys.stdin.buffer.read().decode("utf-8", "surrogateescape") if text == "-" else text
        with progress_bar(shown=not json) as progress:
            found = find_rows(corpus, text=given, digest=digest, progress=progress)
    if json:
        print_json(found)
        return
    for place, one in enumerate(found):
        if place:
            typer.echo()
        print_row(one)
