"""Templates to answers. Escaping is on by default; only our own drawings are inserted as markup."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse

from holdfast.report.html import environment, style_sheet

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["STATIC", "page", "static_files"]

_FOLDER = files("holdfast.view")
STATIC = ("report.css", "view.css", "view.js")


def page(template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page from one of our templates."""
    return HTMLResponse(_environment().get_template(template).render(**values) + "\n", status_code=status)


@cache
def static_files() -> dict[str, tuple[str, str]]:
    """Return our own style sheets and script by name, with their media types. Nothing else can be asked for by name."""
    own = {name: (_FOLDER / "static" / name).read_text(encoding="utf-8") for name in ("view.css", "view.js")}
    return {
        "report.css": (str(style_sheet()), "text/css"),
        "view.css": (own["view.css"], "text/css"),
        "view.js": (own["view.js"], "text/javascript"),
    }


@cache
def _environment() -> Environment:
    """Return the reports' environment with our templates before theirs: pages reuse their tables, gates and conditions."""
    from jinja2 import ChoiceLoader, PackageLoader

    reports = environment()
    assert reports.loader is not None
    return reports.overlay(loader=ChoiceLoader([PackageLoader("holdfast.view"), reports.loader]))
