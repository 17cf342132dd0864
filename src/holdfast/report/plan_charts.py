"""Drawings of a plan: how safety is built and undone, and at what cost; where an estimated rate lies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from holdfast.plan.alignment import AlignmentPath
from holdfast.report.drawing import BAD, BASE, GOOD, INK, MUTED, RULE, TUNED, dot, draw, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["build_svg", "rates_svg"]

_WIDTH, _HEIGHT = 620, 336
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, _WIDTH - 20.0, 16.0, 218.0
_COSTS = 272.0


def build_svg(path: AlignmentPath) -> str:
    """Return safety stage by stage as a curve, with the cost of each stage, on a logarithmic scale, as a bar below it."""
    return draw(_WIDTH, _HEIGHT, "build", lambda axes: _build(axes, path))


def _build(axes: Axes, path: AlignmentPath) -> None:
    stages = path.stages
    places = [_LEFT + (_RIGHT - _LEFT) * (number + 0.5) / len(stages) for number in range(len(stages))]

    def y(value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * value

    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        axes.plot([_LEFT, _RIGHT], [y(tick)] * 2, color=RULE, linewidth=1)
        text(axes, _LEFT - 8, y(tick), f"{tick:g}", ha="right", color=MUTED, fontsize=10)
    heights = [y(stage.safety) for stage in stages]
    axes.plot(places[:-1], heights[:-1], color=GOOD, linewidth=2.5)
    axes.plot(places[-2:], heights[-2:], color=BAD, linewidth=2.5, dashes=(4, 2))
    for number, (x, height, stage) in enumerate(zip(places, heights, stages, strict=True)):
        dot(axes, x, height, 4.5, BAD if number == len(stages) - 1 else GOOD)
        text(axes, x, height - 14, f"{stage.safety:.2f}", ha="center", color=INK, fontsize=11)
        text(axes, x, _BOTTOM + 14, stage.name, ha="center", color=MUTED, fontsize=10)
        _cost(axes, x, stage.cost, max(one.cost for one in stages))
    text(axes, _LEFT, _COSTS - 16, "cost; the bars are on a logarithmic scale", color=MUTED, fontsize=10)


def _cost(axes: Axes, x: float, cost: float, most: float) -> None:
    from matplotlib.patches import Rectangle

    lowest = most / 1e5
    share = math.log10(max(cost, lowest) / lowest) / 5 if most > 0 and cost > 0 else 0.0
    axes.add_patch(Rectangle((x - 22, _COSTS), 44, max(2.0, 40 * share), facecolor=BASE, edgecolor="none", alpha=0.75))
    text(axes, x, _COSTS + max(2.0, 40 * share) + 10, f"{cost:g}", ha="center", color=INK, fontsize=10)


def rates_svg(rows: Sequence[tuple[str, float, float, float]]) -> str:
    """Return estimated rates with their intervals, one line each; a row is (label, value, low, high), rates from 0 to 1."""
    height = 30 * len(rows) + 44
    return draw(_WIDTH, height, "rates", lambda axes: _rates(axes, rows, height))


def _rates(axes: Axes, rows: Sequence[tuple[str, float, float, float]], height: int) -> None:
    left, right, bottom = 160.0, _WIDTH - 64.0, height - 30.0

    def x(value: float) -> float:
        return left + (right - left) * value

    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        axes.plot([x(tick)] * 2, [4, bottom], color=RULE, linewidth=1)
        text(axes, x(tick), bottom + 13, f"{100 * tick:g} %", ha="center", color=MUTED, fontsize=10)
    for place, (label, value, low, high) in enumerate(rows):
        y = 4 + 30 * (place + 0.5)
        text(axes, 0, y, label)
        axes.plot([x(low), x(high)], [y, y], color=TUNED, linewidth=2.2, solid_capstyle="round")
        dot(axes, x(value), y, 4.5, TUNED)
        text(axes, _WIDTH, y, f"{100 * value:.0f} %", ha="right")
