"""The two charts of a condition: rates per category as a radar, changes with their intervals as a forest."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Sequence
from itertools import accumulate
from math import ceil, cos, floor, pi, sin
from typing import TYPE_CHECKING

from holdfast.report.drawing import BASE, INK, LINE, MUTED, RULE, TUNED, dot, draw, text
from holdfast.report.page import ChartRow
from holdfast.report.wording import points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["forest_svg", "radar_svg"]

_RADAR_WIDTH, _RADIUS, _ROOM = 384, 104.0, 52.0
_FOREST_WIDTH, _ROW_HEIGHT = 392, 24
_FEWEST_SPOKES = 3
_LABEL_LINE, _WIDE_LABEL_LINE = 13, 7
"""Characters in a line of a radar label, of Latin and of Chinese script."""


def radar_svg(rows: Sequence[ChartRow], *, name: str, ticks: tuple[str, str] = ("50", "100")) -> str | None:
    """Return both sides per category, as shares of the axis, as a radar; None with fewer than three categories.

    `ticks` stand half way and at the rim. `name` makes the ids of the drawing unique on the page. A category that was not
    measured leaves a gap.
    """
    spokes = [row for row in rows if not row.whole]
    if len(spokes) < _FEWEST_SPOKES or all(row.base is None and row.tuned is None for row in spokes):
        return None
    lowest = max(-cos(2 * pi * place / len(spokes)) for place in range(len(spokes)))
    return draw(_RADAR_WIDTH, round(2 * _ROOM + _RADIUS * (1 + lowest)), name, lambda axes: _radar(axes, spokes, ticks))


def forest_svg(rows: Sequence[ChartRow], *, line: float | None, name: str) -> str | None:
    """Return the drop per category with its interval, largest first, the line over all at the end; None without any drop.

    `line` is the drop that the policy flags, drawn dashed; the categories that a gate did not pass are drawn in colour.
    """
    known = [row for row in rows if row.drop is not None]
    if not known:
        return None
    ordered = sorted(rows, key=lambda row: (row.whole, -(row.drop if row.drop is not None else float("inf"))))
    height = 58 + _ROW_HEIGHT * len(ordered)
    return draw(_FOREST_WIDTH, height, name, lambda axes: _forest(axes, ordered, line, height))


def _radar(axes: Axes, spokes: Sequence[ChartRow], ticks: tuple[str, str]) -> None:
    centre_x, centre_y, radius = _RADAR_WIDTH / 2, _ROOM + _RADIUS, _RADIUS
    angles = [2 * pi * place / len(spokes) for place in range(len(spokes))]

    def at(angle: float, share: float) -> tuple[float, float]:
        return centre_x + radius * share * sin(angle), centre_y - radius * share * cos(angle)

    for share in (0.25, 0.5, 0.75, 1.0):
        ring = [at(angle, share) for angle in [*angles, angles[0]]]
        axes.plot(*zip(*ring, strict=True), color=RULE, linewidth=1)
    for row, angle in zip(spokes, angles, strict=True):
        axes.plot(*zip(at(angle, 0), at(angle, 1), strict=True), color=RULE, linewidth=1)
        x, y = at(angle, 1.09)
        side = "center" if abs(sin(angle)) < 0.2 else ("left" if sin(angle) > 0 else "right")
        text(axes, x, y - 4 * cos(angle), _wrapped(row.name), fontsize=10.5, ha=side, linespacing=1.15, color=INK if row.marked else MUTED)
    for colour, values in ((BASE, [row.base for row in spokes]), (TUNED, [row.tuned for row in spokes])):
        _polygon(axes, [None if value is None else at(angle, value) for angle, value in zip(angles, values, strict=True)], colour)
    for share, tick in zip((0.5, 1.0), ticks, strict=True):
        x, y = at(angles[1] / 2, share * cos(angles[1] / 2))
        text(axes, x, y + 6, tick, fontsize=9, ha="center", color=MUTED)


def _polygon(axes: Axes, corners: Sequence[tuple[float, float] | None], colour: str) -> None:
    """Draw the edges between measured neighbours, a dot on each corner, and the area where nothing is missing."""
    known = [corner for corner in corners if corner is not None]
    if len(known) == len(corners):
        axes.fill(*zip(*known, strict=True), facecolor=colour, edgecolor="none", alpha=0.13)
    for one, other in zip(corners, [*corners[1:], corners[0]], strict=True):
        if one is not None and other is not None:
            axes.plot(*zip(one, other, strict=True), color=colour, linewidth=2, solid_capstyle="round")
    for x, y in known:
        dot(axes, x, y, 2.6, colour)


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in {"W", "F"}


def _fitted(name: str, cells: int) -> str:
    """Cut a label to a width in cells, of which a Chinese character takes two."""
    widths = list(accumulate(2 if _is_wide(char) else 1 for char in name))
    if not widths or widths[-1] <= cells:
        return name
    return f"{name[: sum(width < cells for width in widths)].rstrip()}…"


def _wrapped(name: str) -> str:
    """Break a label into at most three short lines, also inside a word or at a slash."""
    width = _WIDE_LABEL_LINE if any(map(_is_wide, name)) else _LABEL_LINE
    lines = textwrap.wrap(name.replace("/", "/ "), width, max_lines=3, placeholder="…")
    return "\n".join(lines).replace("/ ", "/")


def _forest(axes: Axes, rows: Sequence[ChartRow], line: float | None, height: int) -> None:
    left, right, top, bottom = 152.0, _FOREST_WIDTH - 38.0, 8.0, height - 44.0
    ends = [end for row in rows for end in (row.low, row.high, row.drop) if end is not None]
    least, most = _range([*ends, 0.0, *([] if line is None else [line])])

    def at(value: float) -> float:
        return left + (right - left) * (value - least) / (most - least)

    for tick in _ticks(least, most):
        axes.plot([at(tick)] * 2, [top, bottom], color=MUTED if tick == 0 else RULE, linewidth=1)
        text(axes, at(tick), bottom + 12, f"{tick * 100:.0f}".replace("-", "\u2212"), ha="center", color=MUTED, fontsize=10)
    if line is not None:
        axes.plot([at(line)] * 2, [top, bottom], color=LINE, linewidth=1.4, dashes=(4, 3))
    text(axes, (left + right) / 2, bottom + 30, "drop in points (base − tuned)", ha="center", color=MUTED, fontsize=10.5)
    for place, row in enumerate(rows):
        y = top + _ROW_HEIGHT * (place + 0.5) + (2 if row.whole else 0)
        _forest_row(axes, row, y, at)
        if row.drop is not None:
            drop = points(row.drop, *(() if line is None else (line,)))
            text(axes, _FOREST_WIDTH, y, drop, ha="right", fontweight="bold" if row.whole else "normal")


def _forest_row(axes: Axes, row: ChartRow, y: float, at: Callable[[float], float]) -> None:
    if row.whole:
        axes.plot([0, _FOREST_WIDTH], [y - _ROW_HEIGHT / 2 - 1] * 2, color=RULE, linewidth=1)
    text(axes, 0, y, _fitted(row.name, 26), fontweight="bold" if row.whole else "normal")
    if row.drop is None:
        text(axes, at(0.0) + 6, y, "not measured", color=MUTED, fontsize=10)
        return
    colour = TUNED if row.marked else BASE
    if row.low is not None and row.high is not None:
        axes.plot([at(row.low), at(row.high)], [y, y], color=colour, linewidth=2.2, solid_capstyle="round")
    dot(axes, at(row.drop), y, 5.0 if row.whole else 4.0, colour)


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Return the axis: the values to the next ten points outside, at least twenty points wide."""
    least, most = floor(min(values) * 10 - 1e-9) / 10, ceil(max(values) * 10 + 1e-9) / 10
    return least, max(most, least + 0.2)


def _ticks(least: float, most: float) -> list[float]:
    step = next(step for step in (0.05, 0.1, 0.2, 0.25, 0.5) if (most - least) / step <= 6 or step == 0.5)
    return [place * step for place in range(ceil(least / step - 1e-9), floor(most / step + 1e-9) + 1)]
