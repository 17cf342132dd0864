"""`holdfast provenance diff OLD NEW`: what changed from one version of a corpus to another?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.output import print_json
from holdfast.cli.progress import progress_bar
from holdfast.cli.provenances.arguments import Json, Workers

__all__ = ["run"]


def run(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A corpus folder.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Another one.")],
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Show what changed: sources, steps and settings, rows by source, licence and reason, and the rows gone and come.

    Rows are compared by the digest of their text, one copy against one, a bucket of digests at a time in memory.
    """
    from holdfast.provenance import diff
    from holdfast.report.provenance_terminal import print_diff

    with progress_bar(shown=not json) as progress:
        found = diff(old, new, workers=workers, progress=progress)
    if json:
        print_json(found)
    else:
        print_diff(found)
