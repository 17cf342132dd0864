"""One function per page: from a request to what its template needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from holdfast.report.hostile import line
from holdfast.view.overview import build_overview
from holdfast.view.render import page
from holdfast.view.run_page import build_run

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from holdfast.view.sources import Runs

__all__ = ["overview", "run"]


def overview(request: Request) -> Response:
    """All runs, filtered, sorted, page by page."""
    rows, notes = _runs(request).rows()
    return page("view_overview.html.j2", title="Runs", here="runs", view=build_overview(rows, request.query_params), notes=_lines(notes))


def run(request: Request) -> Response:
    """One run: its verdict, gates, changes, curves and numbers."""
    runs = _runs(request)
    row = runs.row(request.path_params["key"])
    if row is None:
        return _missing("There is no run under this address. It may have been moved since.")
    view = build_run(row, runs.history)
    return page("view_run.html.j2", title=line(row.name), here="runs", view=view, notes=_lines(view.notes))


def _runs(request: Request) -> Runs:
    return cast("Runs", request.app.state.runs)


def _lines(notes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line(note, limit=600) for note in notes)


def _missing(words: str) -> Response:
    return page("view_missing.html.j2", status=404, title="Nothing here", words=words, here="", notes=())
