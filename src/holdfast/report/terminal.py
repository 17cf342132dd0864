"""The terminal: the verdict, the gates, what changed. No text that a model wrote is ever printed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.report.inputs import ReportInput
from holdfast.report.page import Accent, ConditionView, GateView, Page, SectionView
from holdfast.report.view import build_page

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

__all__ = ["accent_style", "open_table", "plain", "print_terminal", "steps_table", "verdict_line"]

_STYLES: dict[Accent, str] = {"pass": "green", "fail": "bold red", "undecided": "bold yellow", "warning": "yellow", "none": "dim"}
_ROOM_FOR_REASONS, _ROOM_FOR_INTERVALS, _ROOM_FOR_SECTIONS = 76, 90, 130
"""Widths in characters from which a table gets its wide columns."""


def verdict_line(given: ReportInput) -> str:
    """Return the verdict in one sentence, decision first."""
    return build_page(given).sentence


def print_terminal(given: ReportInput, console: Console | None = None) -> None:
    """Print the report to a terminal, as wide as it is; without colours where it has none.

    Prompts, responses, openings and system prompts stay in the page, folded.
    """
    from rich.console import Console

    page = build_page(given)
    out = console or Console(highlight=False)
    out.print(_verdict(page))
    if page.subject:
        out.print(plain(page.subject, "dim"))
    out.print()
    out.print(_gates(page.gates) if out.width >= _ROOM_FOR_REASONS else _gate_lines(page.gates))
    out.print(plain(f"{page.support} Policy: {page.policy}."))
    for condition in page.conditions:
        out.print()
        _print_condition(out, page, condition)
    for section in page.further:
        out.print()
        _print_section(out, section)
    if page.not_assessed:
        out.print()
        out.print(plain(f"Not assessed: {'; '.join(f'{fact.name} ({fact.text})' for fact in page.not_assessed)}."))
    out.print()
    out.print(plain("What to do next", "bold"))
    out.print(steps_table(page.steps))


def accent_style(accent: Accent) -> str:
    """How an accent looks on a terminal."""
    return _STYLES[accent]


def plain(words: str, style: str = "") -> Text:
    """Text that rich takes as it is: no markup, no links, no emoji codes."""
    from rich.text import Text

    return Text(words, style=style)


def _verdict(page: Page) -> Text:
    verdict = plain(f"{page.word}.", f"bold {_STYLES[page.accent].removeprefix('bold ')}")
    return verdict.append(f" {page.sentence.removeprefix(f'{page.word}. ')}", style="not bold default")


def open_table(*columns: tuple[str, bool]) -> Table:
    """An open table; the second part of a column says whether it holds numbers."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for name, is_number in columns:
        table.add_column(name, justify="right" if is_number else "left", no_wrap=is_number, overflow="fold")
    return table


def _gates(gates: tuple[GateView, ...]) -> Table:
    table = open_table(("Decision", False), ("Gate", False), ("Why", False))
    for gate in gates:
        table.add_row(plain(gate.word, _STYLES[gate.accent]), plain(gate.name), plain(gate.why))
    return table


def _gate_lines(gates: tuple[GateView, ...]) -> Text:
    """The same for a narrow terminal, where a third column would be a thread of letters."""
    lines = plain("")
    for place, gate in enumerate(gates):
        lines.append("\n" if place else "").append(gate.word, style=_STYLES[gate.accent]).append(f" {gate.name}: {gate.why}")
    return lines


def _print_condition(out: Console, page: Page, condition: ConditionView) -> None:
    out.print(plain(condition.title, "bold").append(f"  {condition.word}", style=_STYLES[condition.accent]))
    if condition.sentence:
        out.print(plain(condition.sentence))
    if condition.rows:
        out.print()
        out.print(_changes(page, condition, wide=out.width >= _ROOM_FOR_INTERVALS))
        for row in condition.rows:
            if row.note:
                out.print(plain(f"{row.name}: {row.note}", "dim"))
    if condition.flips_sentence:
        out.print(plain(condition.flips_sentence))
    if condition.power:
        out.print(plain(" ".join(condition.power), "dim"))


def _print_section(out: Console, section: SectionView) -> None:
    out.print(plain(section.title, "bold"))
    out.print(plain(section.sentence))
    if section.rows:
        # A narrow terminal has room for the name and the figures; how each was asked stands in the page.
        shown = [place for place, head in enumerate(section.heads) if place == 0 or out.width >= _ROOM_FOR_SECTIONS or head.startswith(">")]
        table = open_table(*((section.heads[place].removeprefix(">"), section.heads[place].startswith(">")) for place in shown))
        for row in section.rows:
            table.add_row(*(plain(row[place]) for place in shown))
        out.print(table)
    if section.note:
        out.print(plain(section.note, "dim"))


def _changes(page: Page, condition: ConditionView, *, wide: bool) -> Table:
    names = [(page.metric, False), *((name.capitalize(), True) for name in page.names), ("Drop", True)]
    table = open_table(*names, *([("Interval", True), ("p", True), ("n", True)] if wide else []), ("", False))
    for row in condition.rows:
        style = "bold" if row.whole else ""
        # Said once per row: three times would leave no room for the name.
        sides = ["", ""] if row.base == row.tuned == row.drop else [row.base, row.tuned]
        cells = [row.name, *sides, row.drop, *([row.interval, row.p, row.n] if wide else [])]
        table.add_row(*(plain(text, style) for text in cells), plain(row.flag, _STYLES[row.accent]))
    return table


def steps_table(steps: tuple[str, ...]) -> Table:
    """What to do next, numbered."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 1))
    for place, step in enumerate(steps, 1):
        grid.add_row(plain(f"{place}."), plain(step))
    return grid
