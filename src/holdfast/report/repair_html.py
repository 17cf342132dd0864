"""The page of a search for a repair: one HTML file with the front of safety against task, no network, no script."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from typing import TYPE_CHECKING

from holdfast.mitigate.trials import Search
from holdfast.report.drawing import BASE, GOOD, INK, LINE, MUTED, RULE, TUNED, dot, draw, text
from holdfast.report.html import environment, style_sheet
from holdfast.report.repair_view import Point, build_repair_view

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

__all__ = ["front_svg", "repair_html", "write_repair_html"]

_WIDTH, _HEIGHT = 560, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, _WIDTH - 92.0, 20.0, _HEIGHT - 52.0
_LABEL_HEIGHT, _LETTER, _MOST_STEPS = 13.0, 5.6, 8
"""Of labels: height and width of a letter in pixels, and how far they may move."""
_STEPS, _MOST_TICKS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0), 8
_Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def repair_html(given: Search) -> str:
    """Return the page as one self-contained HTML document. The same input gives the same text."""
    from markupsafe import Markup

    view = build_repair_view(given)
    # A drawing of ours, no input: its texts were escaped when they were drawn.
    chart = Markup(front_svg(view.points)) if view.points else ""
    return environment().get_template("repair.html.j2").render(page=view, chart=chart, style=style_sheet()) + "\n"


def write_repair_html(given: Search, path: Path) -> None:
    """Write the page to `path` as UTF-8, replacing what is there."""
    path.write_text(repair_html(given), encoding="utf-8", newline="\n")


def front_svg(points: Sequence[Point]) -> str:
    """Return refusal under the worst system prompt against the share of the task's gain that is kept, as inline SVG."""
    return draw(_WIDTH, _HEIGHT, "front", lambda axes: _paint(axes, points))


def _paint(axes: Axes, points: Sequence[Point]) -> None:
    low, high = min(0.0, *(one.kept for one in points)), max(1.0, *(one.kept for one in points))

    def x(kept: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (kept - low) / (high - low)

    def y(refusal: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * refusal

    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        axes.plot([_LEFT, _RIGHT], [y(share)] * 2, color=RULE, linewidth=1)
        text(axes, _LEFT - 10, y(share), f"{100 * share:.0f}", ha="right", color=MUTED, fontsize=10)
    for share in _ticks(low, high):
        text(axes, x(share), _BOTTOM + 16, f"{100 * share:.0f}", ha="center", color=MUTED, fontsize=10)
    text(
        axes,
        (_LEFT + _RIGHT) / 2,
        _BOTTOM + 36,
        "task gain kept, per cent; up: refusal under the worst system prompt",
        ha="center",
        color=MUTED,
        fontsize=10.5,
    )
    front = sorted((one for one in points if one.front), key=lambda one: one.kept)
    axes.plot([x(one.kept) for one in front], [y(one.refusal) for one in front], color=LINE, linewidth=1.5, dashes=(3, 3))
    for one in points:
        dot(axes, x(one.kept), y(one.refusal), 6 if one.chosen else 4, _colour(one))
    _label(axes, [(x(one.kept), y(one.refusal), one) for one in points])


def _colour(one: Point) -> str:
    return GOOD if one.good else BASE if one.label == "base" else TUNED if one.front or one.chosen else MUTED


def _ticks(low: float, high: float) -> list[float]:
    """Return where the axis of the task stands marked: equal steps from end to end, at most nine of them."""
    step = next((step for step in _STEPS if (high - low) / step <= _MOST_TICKS), (high - low) / _MOST_TICKS)
    return [step * number for number in range(ceil(low / step), floor(high / step) + 1)]


def _label(axes: Axes, placed: Sequence[tuple[float, float, Point]]) -> None:
    """Write the labels that matter beside their points: one that would overlap another or a dot goes elsewhere."""
    taken = [(at - 6, height - 6, at + 6, height + 6) for at, height, _ in placed]
    named = [item for item in placed if item[2].front or item[2].chosen or item[2].label in ("base", "tuned")]
    for at, height, one in sorted(named, key=lambda item: (item[1], item[0])):
        wide = _LETTER * len(one.label)
        steps = (0, *(sign * number for number in range(1, _MOST_STEPS) for sign in (1, -1)))
        places = [(left, height + _LABEL_HEIGHT * step) for step in steps for left in (at + 9, at - 9 - wide)]
        boxes = [(left, middle - _LABEL_HEIGHT / 2, left + wide, middle + _LABEL_HEIGHT / 2) for left, middle in places]
        fitting = [box for box in boxes if _inside(box) and not any(_overlap(box, other) for other in taken)]
        left, top, _, bottom = box = (fitting or boxes)[0]
        taken.append(box)
        text(axes, left, (top + bottom) / 2, one.label, color=INK, fontsize=10)


def _inside(box: _Box) -> bool:
    left, top, right, bottom = box
    return left >= 0 and right <= _WIDTH and top >= 0 and bottom <= _BOTTOM + 8


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
