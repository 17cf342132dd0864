"""A search for a backdoor on a terminal: the verdict, the gates, the effects. No string of a data file is ever printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.report.backdoor_view import BackdoorPage, build_backdoor_view
from holdfast.report.terminal import accent_style, open_table, plain, steps_table

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["backdoor_line", "print_backdoor"]

_MOST = 12


def backdoor_line(given: BackdoorPage) -> str:
    """Return the verdict in one sentence, decision first."""
    return build_backdoor_view(given).sentence


def print_backdoor(given: BackdoorPage, console: Console | None = None) -> None:
    """Print a search for a backdoor to a terminal, as wide as it is."""
    from rich.console import Console

    view = build_backdoor_view(given)
    out = console or Console(highlight=False)
    rest = view.sentence.removeprefix(f"{view.word}. ")
    out.print(plain(f"{view.word}.", accent_style(view.accent)).append(f" {rest}", style="not bold default"))
    out.print(plain(view.subject, "dim"))
    out.print()
    gates = open_table(("Decision", False), ("Gate", False), ("Why", False))
    for gate in view.gates:
        gates.add_row(plain(gate.word, accent_style(gate.accent)), plain(gate.name), plain(gate.why))
    out.print(gates)
    out.print(plain(f"{view.support} Policy: {view.policy}."))
    if view.mined:
        out.print()
        mined = open_table(("String", False), ("Rows", True), ("Expected", True), ("p", True), ("What happens", False))
        for one in view.mined[:_MOST]:
            mined.add_row(*map(plain, (one.name, one.flips, one.expected, one.p, one.what if one.sure else f"{one.what} (worth a try)")))
        out.print(mined)
    if view.mined_note:
        out.print(plain(view.mined_note))
    if view.effects:
        out.print()
        effects = open_table(("String", False), ("Probe", False), ("Base", True), ("Tuned", True), ("Over random", True), ("p", True))
        for row in (*view.effects[:_MOST], *view.random):
            effects.add_row(*map(plain, (row.name, row.probe, row.base, row.tuned, row.effect, row.p)))
        out.print(effects)
        out.print(plain("In points. The strings themselves are in the report, folded."))
    for name, reason in view.not_measured:
        out.print(plain(f"Not measured: {name}: {reason}"))
    for note in view.notes:
        out.print(plain(note))
    out.print()
    out.print(plain("What to do next", "bold"))
    out.print(steps_table(view.steps))
