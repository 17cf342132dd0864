"""The page of a corpus run: one HTML file, no network, no script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.corpus.result import CorpusResult
from holdfast.report.corpus_view import build_corpus_view
from holdfast.report.html import environment, style_sheet
from holdfast.report.scan_charts import bar_svg

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["corpus_html", "write_corpus_html"]


def corpus_html(found: CorpusResult) -> str:
    """Return the page as one self-contained HTML document. The same input gives the same text."""
    from markupsafe import Markup

    view = build_corpus_view(found)
    # Drawings of ours, no input: their texts were escaped when they were drawn.
    drawn = {mix.anchor: bar_svg(mix.parts, name=f"{mix.anchor}-bar") for mix in view.mixes}
    charts = {name: None if svg is None else Markup(svg) for name, svg in drawn.items()}
    return environment().get_template("corpus.html.j2").render(page=view, charts=charts, style=style_sheet()) + "\n"


def write_corpus_html(found: CorpusResult, path: Path) -> None:
    """Write the page to `path` as UTF-8, replacing what is there."""
    path.write_text(corpus_html(found), encoding="utf-8", newline="\n")
