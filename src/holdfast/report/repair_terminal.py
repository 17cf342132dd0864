"""A search for a repair on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.mitigate.trials import Search
from holdfast.report.repair_view import build_repair_view
from holdfast.report.terminal import open_table, plain, steps_table

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_repair", "repair_line"]


def repair_line(given: Search) -> str:
    """Return what was found in one sentence."""
    return build_repair_view(given).sentence


def print_repair(given: Search, console: Console | None = None) -> None:
    """Print what was found: the models that were measured on the report half, and how to make the recommended one."""
    from rich.console import Console

    view = build_repair_view(given)
    out = console or Console(highlight=False)
    out.print(plain(view.sentence, "bold"))
    out.print(plain(view.subject, "dim"))
    out.print()
    table = open_table(
        ("On the report half", False), ("Refusal", True), ("Over-refusal", True), ("Task", True), ("Gain kept", True), ("", False)
    )
    for row in view.report:
        table.add_row(*map(plain, (f"{row.name} *" if row.chosen else row.name, *row.short)))
    out.print(table)
    for fact in view.unmeasured:
        out.print(plain(f"Gain not measured, {fact.name}: {fact.text}", "dim"))
    for fact in view.costs:
        out.print(plain(f"{fact.name}: {fact.text}"))
    if view.by_hand:
        out.print()
        out.print(plain("By hand", "bold"))
        for command in view.by_hand:
            out.print(plain(command), soft_wrap=True)
    for fact in view.not_made:
        out.print(plain(f"Not made, {fact.name}: {fact.text}"))
    for fact in view.left_out:
        out.print(plain(f"Not tried, {fact.name}: {fact.text}.", "dim"))
    out.print()
    out.print(plain("What to do next", "bold"))
    out.print(steps_table(view.steps))
