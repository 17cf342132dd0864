"""The page of a search for a backdoor: one HTML file with everything in it, no network, no script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.report.backdoor_view import BackdoorPage, build_backdoor_view
from holdfast.report.html import environment, style_sheet

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["backdoor_html", "write_backdoor_html"]


def backdoor_html(given: BackdoorPage) -> str:
    """Return the page as one self-contained HTML document. The same input gives the same text."""
    view = build_backdoor_view(given)
    return environment().get_template("backdoor.html.j2").render(page=view, style=style_sheet()) + "\n"


def write_backdoor_html(given: BackdoorPage, path: Path) -> None:
    """Write the page to `path` as UTF-8, replacing what is there."""
    path.write_text(backdoor_html(given), encoding="utf-8", newline="\n")
