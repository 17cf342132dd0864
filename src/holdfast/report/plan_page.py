"""What a page of a plan is made of: strings that are ready to print, the same for terminal, Markdown and HTML."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.report.page import Fact

__all__ = ["PlanSection", "PlanTable", "PlanView"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTable:
    """A table; a head that begins with '>' is a column of numbers."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    heat: tuple[tuple[int | None, ...], ...] = ()
    """How grave each cell is, 0 (does not apply) to 6 (critical), None for one without a colour; empty for a plain table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSection:
    """A heading with what belongs to it."""

    title: str
    lead: str = ""
    tables: tuple[PlanTable, ...] = ()
    chart: str = ""
    """Inline SVG of ours, for the page; its numbers stand in a table as well."""
    lines: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """Everything in the order in which it is read."""

    title: str
    word: str
    accent: str = "none"
    sentence: str
    """Begins with `word` and a full stop."""
    subject: str
    figures: tuple[Fact, ...] = ()
    steps: tuple[str, ...]
    sections: tuple[PlanSection, ...]
