"""The page of a sample audit: one HTML file with everything in it, no network, no script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.corpus.sampling.facts import SampleAudit
from holdfast.report.corpus_sample_view import build_sample_view
from holdfast.report.html import environment, style_sheet

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["sample_html", "write_sample_html"]


def sample_html(audit: SampleAudit) -> str:
    """Return the page as one self-contained HTML document. The same input gives the same text."""
    return environment().get_template("corpus_sample.html.j2").render(page=build_sample_view(audit), style=style_sheet()) + "\n"


def write_sample_html(audit: SampleAudit, path: Path) -> None:
    """Write the page to `path` as UTF-8, replacing what is there."""
    path.write_text(sample_html(audit), encoding="utf-8", newline="\n")
