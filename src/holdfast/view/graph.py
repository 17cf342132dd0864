"""The lineage as a drawing: models left to right from parent to child, safety along the way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from holdfast.history import Lineage, LineageStep
from holdfast.report.hostile import line
from holdfast.report.wording import percent, points

__all__ = ["Graph", "Node", "build_graph", "short_name"]

_WIDE, _HIGH, _GAP_X, _GAP_Y, _EDGE = 196, 66, 76, 18, 8
_DEEPEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One model, in pixels and in words."""

    x: int
    y: int
    name: str
    whole: str
    """The whole reference, for a tooltip and for those who listen."""
    key: str
    refusal: str
    bar: int
    """Width of the bar that shows the refusal rate, 0 to 100."""
    word: str
    accent: str
    run: str | None
    edge: str
    """Path from the parent; '' for one that begins a line."""
    drop: str
    drop_at: tuple[int, int]
    how: str
    judge: str
    """Who graded the rate; '' where all rates are by one judge."""
    parent: str
    depth: int
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The drawing and its size."""

    width: int
    height: int
    nodes: tuple[Node, ...]
    judges: int
    """How many judges the rates are by; those of two judges cannot be compared."""


def build_graph(found: Lineage) -> Graph:
    """Return a lineage as boxes and lines. Every leaf has a row of its own; a parent stands at its first child's."""
    depth: dict[str, int] = {}
    for step in found.steps:
        depth[step.model.id] = min(_DEEPEST, depth.get(step.parent or "", -1) + 1)
    rows = _rows(found)
    places = {key: (_EDGE + depth[key] * (_WIDE + _GAP_X), _EDGE + row * (_HIGH + _GAP_Y)) for key, row in rows.items()}
    names = {step.model.id: short_name(step.model.reference) for step in found.steps}
    nodes = tuple(_node(step, places, depth, names, found) for step in found.steps)
    return Graph(
        width=max((x for x, _ in places.values()), default=0) + _WIDE + _EDGE,
        height=max((y for _, y in places.values()), default=0) + _HIGH + _EDGE,
        nodes=nodes,
        judges=len(found.judges),
    )


def short_name(reference: str) -> str:
    """Return the end of a reference, which tells more than its beginning.

    >>> short_name("/home/ada/models/bot-2"), short_name("lab:drift-1")
    ('models/bot-2', 'lab:drift-1')
    """
    parts = ["/".join(PurePath(part).parts[-2:]) if "/" in part else part for part in reference.split("+")]
    return line("+".join(part.lstrip("/") for part in parts), limit=24)


def _rows(found: Lineage) -> dict[str, int]:
    """Return the row of every model: steps come depth first, so a child right after its parent shares its row."""
    rows: dict[str, int] = {}
    next_row, before = 0, None
    for step in found.steps:
        if step.parent is not None and step.parent == before:
            rows[step.model.id] = rows[step.parent]
        else:
            rows[step.model.id] = next_row
            next_row += 1
        before = step.model.id
    return rows


def _node(step: LineageStep, places: dict[str, tuple[int, int]], depth: dict[str, int], names: dict[str, str], found: Lineage) -> Node:
    key = step.model.id
    x, y = places[key]
    edge, at = "", (x, y)
    if step.parent is not None:
        from_x, from_y = places[step.parent][0] + _WIDE, places[step.parent][1] + _HIGH // 2
        to_y, bend = y + _HIGH // 2, from_x + _GAP_X // 3
        edge = f"M{from_x} {from_y}H{bend}V{to_y}H{x}"
        at = (x - _GAP_X // 3 - 2, to_y - 6)
    return Node(
        x=x,
        y=y,
        name=names[key],
        whole=line(step.model.reference, limit=300),
        key=key,
        refusal="not measured" if step.refusal is None else percent(step.refusal),
        bar=0 if step.refusal is None else round(100 * min(1.0, max(0.0, step.refusal))),
        word="not judged" if step.decision is None else step.decision.value.upper(),
        accent="none" if step.decision is None else step.decision.value,
        run=step.run,
        edge=edge,
        drop="" if step.drop is None else _signed(step.drop),
        drop_at=at,
        how=line(step.how or "", limit=30),
        judge=line(step.judge or "", limit=40) if len(found.judges) > 1 else "",
        parent=names.get(step.parent or "", ""),
        depth=depth[key],
        chosen=key == found.model,
    )


def _signed(drop: float) -> str:
    """Return a drop as what it does to the rate: a loss with a minus."""
    said = points(-drop)
    return said if said.startswith("\u2212") or said == "0" else f"+{said}"
