"""A look inside two models on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.compare.drift import Drift
from holdfast.report.drift_view import build_drift_view
from holdfast.report.terminal import open_table, plain, steps_table

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["drift_line", "print_drift"]

_MOST = 16


def drift_line(given: Drift) -> str:
    """Return what was found in one sentence. It is triage, and says so."""
    return build_drift_view(given).sentence


def print_drift(given: Drift, console: Console | None = None) -> None:
    """Print what was found, at most 16 layers, those farthest from their noise floor; the page has all."""
    from rich.console import Console

    view = build_drift_view(given)
    out = console or Console(highlight=False)
    out.print(plain(view.sentence, "bold"))
    out.print(plain(view.subject, "dim"))
    if given.facts is not None:
        out.print()
        table = open_table(
            ("After", False), ("Cosine", True), ("Floor", True), ("Gap, base", True), ("tuned", True), ("Floor", True), ("", False)
        )
        layers = given.facts.layers
        order = sorted(range(len(layers)), key=lambda place: layers[place].cosine - layers[place].cosine_floor)
        for place in sorted(order[:_MOST]):
            row = view.layers[place]
            cells = row.cells
            table.add_row(*map(plain, (row.name, cells[0], cells[1], cells[3], cells[4], cells[6], row.note)))
        out.print(table)
        out.print(plain(view.read))
    else:
        out.print(plain(f"Not measured: {view.reason}."))
    out.print()
    out.print(plain("What to do next", "bold"))
    out.print(steps_table(view.steps))
