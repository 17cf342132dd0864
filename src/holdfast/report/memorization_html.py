"""The page of a memorization run: one HTML file with everything in it, no network, no script."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from holdfast.memorization.facts import CurvePoint
from holdfast.report.drawing import BASE, INK, LINE, MUTED, RULE, TUNED, dot, draw, text
from holdfast.report.html import environment, style_sheet
from holdfast.report.memorization_view import MemorizationPage, build_memorization_view

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

__all__ = ["exposure_svg", "memorization_html", "write_memorization_html"]

_WIDTH, _HEIGHT = 560, 280
_LABEL_GAP = 13.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, _WIDTH - 84.0, 14.0, _HEIGHT - 46.0


def memorization_html(given: MemorizationPage) -> str:
    """Return the page as one self-contained HTML document. The same input gives the same text."""
    from markupsafe import Markup

    view = build_memorization_view(given)
    # A drawing of ours, no input: its texts were escaped when it was drawn.
    curve = Markup(exposure_svg(view.curve, view.threshold, name="exposure")) if len(view.curve) > 1 else None
    return environment().get_template("memorization.html.j2").render(page=view, curve=curve, style=style_sheet()) + "\n"


def write_memorization_html(given: MemorizationPage, path: Path) -> None:
    """Write the page to `path` as UTF-8, replacing what is there."""
    path.write_text(memorization_html(given), encoding="utf-8", newline="\n")


def exposure_svg(points: Sequence[CurvePoint], threshold: float | None, *, name: str) -> str:
    """Return exposure against copies as inline SVG: a line per model with intervals, the threshold, and the most that ranks can show."""
    return draw(_WIDTH, _HEIGHT, name, lambda axes: _paint(axes, points, threshold))


def _paint(axes: Axes, points: Sequence[CurvePoint], threshold: float | None) -> None:
    copies = sorted({point.repetitions for point in points})
    most = min(point.most for point in points)
    top = max(most, max(point.high if point.high is not None else point.bits for point in points), threshold or 0.0) * 1.08

    def x(count: int) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (copies.index(count) / max(1, len(copies) - 1))

    def y(bits: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * max(bits, 0.0) / top

    for tick in range(0, int(top) + 1, 2):
        axes.plot([_LEFT, _RIGHT], [y(tick)] * 2, color=RULE, linewidth=1)
        text(axes, _LEFT - 8, y(tick), str(tick), ha="right", color=MUTED, fontsize=10)
    for count in copies:
        text(axes, x(count), _BOTTOM + 14, str(count), ha="center", color=MUTED, fontsize=10)
    text(axes, (_LEFT + _RIGHT) / 2, _BOTTOM + 33, "copies in the data; mean exposure in bits", ha="center", color=MUTED, fontsize=10.5)
    marks = [(1.443, "chance"), (most, "most")] + ([(threshold, "threshold")] if threshold is not None else [])
    labels = [(y(bits), label, MUTED) for bits, label in marks]
    for bits, _ in marks:
        axes.plot([_LEFT, _RIGHT], [y(bits)] * 2, color=LINE, linewidth=1, dashes=(3, 3))
    for side, colour in (("base", BASE), ("tuned", TUNED)):
        series = [point for point in points if point.side == side]
        if not series:
            continue
        low = [y(point.low if point.low is not None else point.bits) for point in series]
        high = [y(point.high if point.high is not None else point.bits) for point in series]
        at_x = [x(point.repetitions) for point in series]
        axes.fill_between(at_x, low, high, facecolor=colour, edgecolor="none", alpha=0.12)
        axes.plot(at_x, [y(point.bits) for point in series], color=colour, linewidth=2)
        for place, point in zip(at_x, series, strict=True):
            dot(axes, place, y(point.bits), 3, colour)
        labels.append((y(series[-1].bits), side, INK))
    for height, (_, label, colour) in zip(_apart([height for height, _, _ in labels]), labels, strict=True):
        text(axes, _RIGHT + 10, height, label, color=colour, fontsize=10)


def _apart(heights: Sequence[float]) -> list[float]:
    """Move labels that would overlap apart, keeping their order, and none below the drawing."""
    moved = list(heights)
    order = sorted(range(len(heights)), key=lambda place: heights[place])
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + _LABEL_GAP)
    return moved
