"""Markdown for a pull-request comment: the verdict, the gates, what changed. No text that a model wrote is in it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from holdfast.report.inputs import ReportInput
from holdfast.report.page import ConditionView, Page, SectionView
from holdfast.report.view import build_page

__all__ = ["escape", "markdown_table", "to_markdown"]

_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
_BREAK = "<!-- -->"
"""Stands inside what a forge would turn into a mention, a reference or a link."""


def to_markdown(given: ReportInput) -> str:
    """Return a comment in GitHub's Markdown; all names in it are escaped and notify nobody."""
    page = build_page(given)
    parts = [
        f"## Holdfast: {page.word}",
        f"**{page.word}.** {escape(page.sentence.removeprefix(f'{page.word}. '))}",
        *([escape(page.subject)] if page.subject else []),
        f"{escape(page.support)} Policy: {escape(page.policy)}.",
        _gates(page),
        *(_condition(page, condition) for condition in page.conditions),
        *(_section(section) for section in page.further),
        _steps(page),
        *([_not_assessed(page)] if page.not_assessed else []),
    ]
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    r"""Return text that Markdown shows as it is: no markup, no HTML, no mention, no reference, no link, one line.

    >>> escape("a|b *c* <i>")
    'a\\|b \\*c\\* &lt;i&gt;'
    """
    flat = html.escape(" ".join(text.split()), quote=False)
    flat = _SPECIAL.sub(r"\\\1", flat)
    flat = re.sub(r"([@#])(?=\w)", rf"\1{_BREAK}", flat)
    return re.sub(r"(?i)(:)(?=//)|(www)(?=\.)", lambda found: f"{found[0]}{_BREAK}", flat)


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a head that begins with '>' is a column of numbers."""
    lines = [[head.removeprefix(">") for head in heads], ["---:" if head.startswith(">") else "---" for head in heads]]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [*lines, *([escape(cell) for cell in row] for row in rows)])


def _gates(page: Page) -> str:
    rows = ((gate.word, gate.name, gate.threshold, gate.why) for gate in page.gates)
    return markdown_table(("Decision", "Gate", "Bar", "Why"), rows)


def _condition(page: Page, condition: ConditionView) -> str:
    head = f"### {escape(condition.title)}: {condition.word}"
    if not condition.rows:
        return "\n\n".join(part for part in (head, escape(condition.sentence)) if part)
    rows = (
        (row.name, row.base, row.tuned, row.drop, row.interval, row.p, row.n, row.detectable, " ".join(filter(None, (row.flag, row.note))))
        for row in condition.rows
    )
    sides = (f">{name.capitalize()}" for name in page.names)
    table = markdown_table((escape(page.metric), *sides, ">Drop, points", ">Interval", ">p", ">n", ">Detectable", "Gates"), rows)
    folded = f"<details><summary>{escape(page.metric)} by category</summary>\n\n{table}\n\n</details>"
    said = [condition.sentence, condition.flips_sentence]
    return "\n\n".join([head, *(escape(text) for text in said if text), folded])


def _section(section: SectionView) -> str:
    table = markdown_table(section.heads, section.rows)
    head = f"### {escape(section.title)}\n\n{escape(section.sentence)}"
    return f"{head}\n\n<details><summary>{escape(section.title)}</summary>\n\n{table}\n\n</details>" if section.rows else head


def _steps(page: Page) -> str:
    return "\n".join(["### What to do next", "", *(f"{place}. {escape(step)}" for place, step in enumerate(page.steps, 1))])


def _not_assessed(page: Page) -> str:
    return f"Not assessed: {escape('; '.join(f'{fact.name} ({fact.text})' for fact in page.not_assessed))}."
