"""One function per page: from a request to what its template needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from starlette.responses import HTMLResponse

from holdfast.report.hostile import line
from holdfast.view.answers import build_answers
from holdfast.view.overview import build_overview
from holdfast.view.render import page
from holdfast.view.run_page import build_run

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from holdfast.view.sources import Runs

__all__ = ["answers", "overview", "report", "run"]

_REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
)
"""A report is a file that anybody may have changed: it gets an origin of its own, no script, no cookie and nothing from outside."""
_NO_RUN = "There is no run under this address. It may have been moved since."


def overview(request: Request) -> Response:
    """All runs, filtered, sorted, page by page."""
    rows, notes = _runs(request).rows()
    return page("view_overview.html.j2", title="Runs", here="runs", view=build_overview(rows, request.query_params), notes=_lines(notes))


def run(request: Request) -> Response:
    """One run: its verdict, gates, changes, curves and numbers."""
    runs = _runs(request)
    row = runs.row(request.path_params["key"])
    if row is None:
        return _missing(_NO_RUN)
    view = build_run(row, runs.history)
    return page("view_run.html.j2", title=line(row.name), here="runs", view=view, notes=_lines(view.notes))


def answers(request: Request) -> Response:
    """What both sides of a run answered, side by side."""
    row = _runs(request).row(request.path_params["key"])
    if row is None:
        return _missing(_NO_RUN)
    view = build_answers(row, request.query_params)
    return page("view_answers.html.j2", title=f"Answers of {line(row.name)}", here="runs", view=view, notes=_lines(view.notes))


def report(request: Request) -> Response:
    """The run's own report, as the file that it is."""
    row = _runs(request).row(request.path_params["key"])
    if row is None:
        return _missing(_NO_RUN)
    path = row.folder / "report.html"
    try:
        # A run folder may come from somebody else: its report is a file of its own and no way to another one.
        written = None if path.is_symlink() else path.read_bytes()
    except OSError:
        written = None
    if written is None:
        return _missing(f"There is no report in {line(str(row.folder), limit=300)}: it was never written, moved or deleted.")
    return HTMLResponse(written, headers={"content-security-policy": _REPORT_POLICY})


def _runs(request: Request) -> Runs:
    return cast("Runs", request.app.state.runs)


def _lines(notes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line(note, limit=600) for note in notes)


def _missing(words: str) -> Response:
    return page("view_missing.html.j2", status=404, title="Nothing here", words=words, here="", notes=())
