"""`holdfast suites`: what can be asked."""

from __future__ import annotations

from typing import Annotated

import typer

from holdfast.cli.output import print_json

__all__ = ["run"]


def run(json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False) -> None:
    """List the prompt suites with size, languages, licence and version, and what is not assessed."""
    from holdfast.plugins import list_suites

    summaries = list_suites()
    if json:
        print_json(summaries)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("suite", "prompts", "categories", "languages", "version", "licence, and what it asks"):
        # A name is what a user types, so it is never cut; on a narrow terminal the last column takes more lines.
        right, last = column in ("prompts", "categories"), column.startswith("licence")
        table.add_column(column, justify="right" if right else "left", no_wrap=not last, overflow="fold")
    for found in summaries:
        size = str(found.size) if found.size is not None else "a copy"
        categories = str(len(found.categories) or "")
        languages = ", ".join(found.languages)
        table.add_row(found.name, size, categories, languages, found.version or "", f"{found.licence}: {found.title}")
    console = Console()
    console.print(table)
    console.print("\nNot assessed until a suite for it is given: bias. Any file: --suite FILE --prompt-column NAME --expect refuse")
