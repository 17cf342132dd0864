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
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from holdfast.view.sources import Runs

__all__ = ["answers", "inner_report", "overview", "report", "run"]

_REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "sandbox allow-same-origin"
)
"""A report is a file that anybody may have changed: no script, no form, no window and nothing from outside. The origin stays, since a
browser follows the links of a pipeline's report to those of its steps with our cookie only from there, and without scripts nothing in a
report could use it for more.
"""
_REPORT = "report.html"
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
    return _written(row.folder, _REPORT)


def inner_report(request: Request) -> Response:
    """The report of a stage that lies inside of a run's folder, under the address by which the run's own report links to it."""
    row = _runs(request).row(request.path_params["key"])
    if row is None:
        return _missing(_NO_RUN)
    return _written(row.folder, f"{request.path_params['place']}/{_REPORT}")


def _written(folder: Path, place: str) -> Response:
    """Answer with a report of a run folder. The folder may come from somebody else: a report is a file of its own and no way elsewhere."""
    path = folder / place
    try:
        own = path.resolve(strict=True) == folder.resolve() / place
        written = path.read_bytes() if own else None
    except (OSError, ValueError):
        written = None
    if written is None:
        return _missing(f"There is no report in {line(str(path.parent), limit=300)}: it was never written, moved or deleted.")
    return HTMLResponse(written, headers={"content-security-policy": _REPORT_POLICY})


def _runs(request: Request) -> Runs:
    return cast("Runs", request.app.state.runs)


def _lines(notes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line(note, limit=600) for note in notes)


def _missing(words: str) -> Response:
    return page("view_missing.html.j2", status=404, title="Nothing here", words=words, here="", notes=())
