"""The page: one HTML file with everything in it, no network, no script; and the fragment that a notebook shows."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from holdfast.report.charts import forest_svg, radar_svg
from holdfast.report.inputs import ReportInput
from holdfast.report.page import ConditionView, Page
from holdfast.report.view import build_page

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2 import Environment
    from markupsafe import Markup

__all__ = ["condition_charts", "environment", "html_fragment", "style_sheet", "to_html", "write_html"]

_TEMPLATES = files("holdfast.report") / "templates"


def to_html(given: ReportInput) -> str:
    """Return the page as one self-contained HTML document. The same input gives the same text."""
    return _render("page.html.j2", build_page(given), with_texts=True)


def html_fragment(given: ReportInput) -> str:
    """Return the verdict, gates and changes for a notebook cell, without any text that a model wrote.

    Notebooks are shared and committed, so the folded texts stay in the page and in the run folder.
    """
    return _render("fragment.html.j2", build_page(given), with_texts=False)


def write_html(given: ReportInput, path: Path) -> None:
    """Write the page to `path` as UTF-8, replacing what is there."""
    path.write_text(to_html(given), encoding="utf-8", newline="\n")


def _render(name: str, page: Page, *, with_texts: bool) -> str:
    charts = {condition.anchor: condition_charts(page, condition) for condition in page.conditions}
    template = environment().get_template(name)
    return template.render(page=page, charts=charts, style=style_sheet(), with_texts=with_texts) + "\n"


def style_sheet() -> Markup:
    """Return the pages' style sheet. Our own file, not input: only it and the drawings are inserted as markup."""
    from markupsafe import Markup

    return Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8").strip())


def condition_charts(page: Page, condition: ConditionView) -> dict[str, Markup | None]:
    """Return the radar and the changes per category as markup; None for one that has too little to show."""
    from markupsafe import Markup

    radar = radar_svg(condition.radar.rows, ticks=condition.radar.ticks, name=f"{condition.anchor}-radar")
    forest = forest_svg(condition.chart, line=page.drop_line, name=f"{condition.anchor}-forest")
    return {"radar": None if radar is None else Markup(radar), "forest": None if forest is None else Markup(forest)}


@cache
def environment() -> Environment:
    """Return the templates' environment: escaping is on by default, and an unknown name is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("holdfast.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["nb"] = _no_break
    environment.filters["after_word"] = _after_word
    environment.globals["tables"] = environment.get_template("tables.html.j2").module
    return environment


def _no_break(text: str) -> str:
    """Keep '41 %' on one line."""
    return text.replace(" %", "\u00a0%")


def _after_word(sentence: str, word: str) -> str:
    """Cut the decision from the sentence: the page sets it apart."""
    return sentence.removeprefix(f"{word}. ")
