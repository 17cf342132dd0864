"""A memorization run on a terminal: the verdict, the gates, the tables. No text of a row and no personal value is ever printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from holdfast.report.memorization_view import MemorizationPage, TableRow, build_memorization_view
from holdfast.report.terminal import accent_style, open_table, plain, steps_table

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["memorization_line", "print_memorization"]


def memorization_line(given: MemorizationPage) -> str:
    """Return the verdict in one sentence, decision first."""
    return build_memorization_view(given).sentence


def print_memorization(given: MemorizationPage, console: Console | None = None) -> None:
    """Print a measurement of memorization to a terminal, as wide as it is."""
    from rich.console import Console

    view = build_memorization_view(given)
    out = console or Console(highlight=False)
    rest = view.sentence.removeprefix(f"{view.word}. ")
    out.print(plain(f"{view.word}.", accent_style(view.accent)).append(f" {rest}", style="not bold default"))
    out.print(plain(view.subject, "dim"))
    out.print()
    made = open_table(("Decision", False), ("Gate", False), ("Why", False))
    for gate in view.gates:
        made.add_row(plain(gate.word, accent_style(gate.accent)), plain(gate.name), plain(gate.why))
    out.print(made)
    out.print(plain(f"{view.support} Policy: {view.policy}."))
    for title, heads, rows, note in (
        ("Training rows given back", ("Base", "Tuned", "Interval", "Difference", "Rows"), view.extraction, view.extraction_note),
        ("Canary exposure", ("Mean bits", "Interval", "Canaries"), view.exposure, view.exposure_note),
        ("Personal data", ("Probed", "Base", "Tuned", "Tuned only"), view.personal, ""),
        ("Membership", ("Told apart", "Interval", "AUC", "p, adjusted", "Rows"), view.membership, ""),
        ("Relearning probe", ("Recall", "Interval", "Precision", "Canaries"), view.relearning, ""),
    ):
        if rows:
            _print_table(out, title, heads, rows, note)
    if view.not_measured or view.notes:
        out.print()
        out.print(plain("Not measured", "bold"))
        for name, reason in view.not_measured:
            out.print(plain(f"- {name}: {reason}"))
        for note in view.notes:
            out.print(plain(f"- {note}"))
    out.print()
    out.print(plain("What to do next", "bold"))
    out.print(steps_table(view.steps))


def _print_table(out: Console, title: str, heads: Sequence[str], rows: Sequence[TableRow], note: str) -> None:
    out.print()
    out.print(plain(title, "bold"))
    made = open_table(("", False), *((head, True) for head in heads))
    for row in rows:
        made.add_row(plain(f"{row.name}; {row.note}" if row.note else row.name), *map(plain, row.cells))
    out.print(made)
    if note:
        out.print(plain(note))
