"""The pages that only a history can fill: lineage, waivers, releases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from holdfast.core import HoldfastError
from holdfast.history import History, Release, Waiver
from holdfast.history import lineage as find_lineage
from holdfast.report.hostile import line
from holdfast.view.graph import build_graph
from holdfast.view.render import page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from holdfast.view.sources import Runs

__all__ = ["lineage", "releases", "waivers"]

_NO_HISTORY = "There is no history here: this page was started over run folders alone, or the history is switched off."
_MOST = 80
"""Models that a graph shows at once; of more, one family is chosen."""


def lineage(request: Request) -> Response:
    """What was made from what, and what it did to safety."""
    chosen = request.query_params.get("model", "")

    def fill(history: History) -> dict[str, Any]:
        models = history.models()
        every = len(models) <= _MOST
        key = chosen or ("" if every or not models else models[-1].id)
        found = find_lineage(history, key or None) if models else None
        named = [(model.id, f"{line(model.reference, limit=100)} ({model.id[:8]})") for model in models]
        if found is not None and len(found.steps) > _MOST:
            few = {"graph": None, "empty": f"Its family has {len(found.steps)} models, more than a drawing can show. Choose a later one."}
            return {"models": named, "every": every, "chosen": key, **few}
        graph = build_graph(found) if found is not None else None
        return {"models": named, "every": every, "chosen": key, "graph": graph, "empty": "The history knows no model yet."}

    return _filled(request, "lineage", fill, {"models": (), "every": True, "chosen": "", "graph": None})


def waivers(request: Request) -> Response:
    """Who let what ship although a gate did not pass."""

    def fill(history: History) -> dict[str, Any]:
        names = {model.id: model.reference for model in history.models()}
        return {"rows": [_waiver(one, names) for one in history.waivers()], "empty": "No gate was ever waived."}

    return _filled(request, "waivers", fill, {"rows": ()})


def releases(request: Request) -> Response:
    """What was shipped under which name."""

    def fill(history: History) -> dict[str, Any]:
        found = history.releases()
        newest = {one.name: one for one in reversed(found)}
        return {"rows": [_release(one, newest=newest[one.name] is one) for one in found], "empty": "Nothing was released yet."}

    return _filled(request, "releases", fill, {"rows": ()})


def _filled(request: Request, name: str, fill: Callable[[History], dict[str, Any]], nothing: dict[str, Any]) -> Response:
    """Return a page of the history, or the same page with a sentence on why it is empty."""
    history = cast("Runs", request.app.state.runs).history
    notes: tuple[str, ...] = ()
    values = {**nothing, "empty": _NO_HISTORY}
    if history is not None:
        try:
            values = fill(history)
        except HoldfastError as error:
            values = {**nothing, "empty": ""}
            notes = (line(str(error), limit=600),)
    return page(f"view_{name}.html.j2", title=name.capitalize(), here=name, notes=notes, **values)


def _waiver(one: Waiver, names: dict[str, str]) -> dict[str, str]:
    holds = one.holds(datetime.now(UTC).date())
    if holds and one.seen is None:
        holds, state = False, "covers nothing: what it was given for was not kept yet"
    else:
        state = "in force" if holds else ("revoked" if one.revoked is not None else "ended")
    return {
        "state": state,
        "accent": "warning" if holds else "none",
        "gate": line(one.gate, limit=80),
        "model": one.model,
        "name": line(names.get(one.model, one.model[:12]), limit=120),
        "owner": line(one.owner),
        "reason": line(one.reason, limit=400),
        "expires": one.expires.isoformat(),
    }


def _release(one: Release, *, newest: bool) -> dict[str, Any]:
    return {
        "name": line(one.name, limit=80),
        "newest": newest,
        "model": one.model,
        "reference": line(one.reference, limit=160),
        "run": one.run,
        "word": "not judged" if one.decision is None else one.decision.value.upper(),
        "accent": "none" if one.decision is None else one.decision.value,
        "when": one.recorded.strftime("%Y-%m-%d %H:%M"),
    }
