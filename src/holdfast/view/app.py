"""The pages by address, behind the guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from holdfast.view import history_pages, pages
from holdfast.view.guard import Guard
from holdfast.view.render import page, static_files

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from holdfast.view.sources import Runs

__all__ = ["create_app"]


def create_app(runs: Runs, *, token: str, port: int = 0) -> ASGIApp:
    """Return the whole page as an ASGI application.

    Args:
        runs: what it shows.
        token: what a request must know, see `Guard`.
        port: the port that it is served on.
    """
    routes = [
        Route("/", pages.overview),
        Route("/runs/{key:str}", pages.run),
        Route("/runs/{key:str}/answers", pages.answers),
        Route("/runs/{key:str}/report", pages.report),
        Route("/runs/{key:str}/{place:path}/report.html", pages.inner_report),
        Route("/lineage", history_pages.lineage),
        Route("/waivers", history_pages.waivers),
        Route("/releases", history_pages.releases),
        Route("/static/{name:str}", _static),
    ]
    app = Starlette(routes=routes, exception_handlers={404: _not_found})
    app.state.runs = runs
    return Guard(app, token=token, port=port)


def _static(request: Request) -> Response:
    found = static_files().get(request.path_params["name"])
    if found is None:
        return PlainTextResponse("There is no such file.\n", status_code=404)
    return Response(found[0], media_type=found[1])


def _not_found(request: Request, error: Exception) -> Response:
    return page("view_missing.html.j2", status=404, title="Nothing here", words="There is no such page.", here="", notes=())
