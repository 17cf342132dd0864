"""A plan on a terminal, as Markdown, and as one HTML file with no network and no script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.report.html import environment, style_sheet
from holdfast.report.markdown import escape, markdown_table
from holdfast.report.plan_page import PlanTable, PlanView
from holdfast.report.terminal import open_table, plain, steps_table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["plan_html", "plan_markdown", "print_plan"]

_HEAT_STYLES = ("dim", "green", "green", "yellow", "dark_orange", "red", "bold white on red")
_FOLDED, _GAP = 30, 2
"""Characters of a column from which its text is folded, and between two columns."""


def print_plan(view: PlanView, console: Console | None = None) -> None:
    """Print a plan to a terminal, as wide as it is; without colours where it has none."""
    from rich.console import Console

    out = console or Console(highlight=False)
    out.print(plain(view.sentence, "bold"))
    if view.subject:
        out.print(plain(view.subject, "dim"))
    for section in view.sections:
        out.print()
        out.print(plain(section.title, "bold"))
        if section.lead:
            out.print(plain(section.lead))
        for table in section.tables:
            _print_table(out, table)
        for one in section.lines:
            out.print(plain(f"- {one}"))
        if section.hint:
            out.print(plain(section.hint, "dim"))
    out.print()
    out.print(plain("What to do next", "bold"))
    out.print(steps_table(view.steps))


def _print_table(out: Console, given: PlanTable) -> None:
    """Print a table, or, where it has no room, every row under its own name."""
    if given.heat or _width(given) <= out.width:
        out.print(_table(given))
        return
    for row in given.rows:
        out.print(plain(row[0], "underline"))
        for head, cell in zip(given.heads[1:], row[1:], strict=True):
            if cell:
                out.print(plain("  ").append(f"{head.removeprefix('>')}: ", style="dim").append(cell))


def _width(given: PlanTable) -> int:
    """Return how many characters a table takes, with its longer texts folded."""
    columns = zip(given.heads, *given.rows, strict=True)
    return sum(min(_FOLDED, max(map(len, cells))) + _GAP for cells in columns)


def _table(given: PlanTable) -> Table:
    table = open_table(*((head.removeprefix(">"), head.startswith(">")) for head in given.heads))
    for number, row in enumerate(given.rows):
        heat = given.heat[number] if given.heat else (None,) * len(row)
        cells = (plain(cell, "" if grave is None else _HEAT_STYLES[grave]) for cell, grave in zip(row, heat, strict=True))
        table.add_row(*cells)
    return table


def plan_markdown(view: PlanView) -> str:
    """Return a plan in GitHub's Markdown; all names in it are escaped."""
    parts = [f"## Holdfast plan: {escape(view.title)}", f"**{view.word}.** {escape(view.sentence.removeprefix(f'{view.word}. '))}"]
    for section in view.sections:
        parts.append(f"### {escape(section.title)}")
        parts += [escape(section.lead)] if section.lead else []
        parts += [markdown_table(table.heads, table.rows) for table in section.tables]
        parts += ["\n".join(f"- {escape(one)}" for one in section.lines)] if section.lines else []
        parts += [escape(section.hint)] if section.hint else []
    parts.append("### What to do next")
    parts.append("\n".join(f"{place}. {escape(step)}" for place, step in enumerate(view.steps, 1)))
    return "\n\n".join([*parts, escape(view.subject)]) + "\n"


def plan_html(view: PlanView) -> str:
    """Return the page as one self-contained HTML document. The same input gives the same text."""
    from markupsafe import Markup

    # Drawings of ours, no input: their texts were escaped when they were drawn.
    charts = [Markup(section.chart) if section.chart else None for section in view.sections]
    return environment().get_template("plan.html.j2").render(page=view, charts=charts, style=style_sheet()) + "\n"
