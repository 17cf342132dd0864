"""The page of a look inside two models: one HTML file with its curves, no network, no script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from holdfast.compare.drift import Drift
from holdfast.plugins import InsideFacts
from holdfast.report.drawing import BASE, INK, LINE, MUTED, RULE, TUNED, dot, draw, text
from holdfast.report.drift_view import build_drift_view
from holdfast.report.html import environment, style_sheet

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

__all__ = ["cosine_svg", "drift_html", "gap_svg", "kl_svg", "updates_svg", "write_drift_html"]

_WIDTH, _HEIGHT = 560, 280
_LABEL_GAP = 14.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, _WIDTH - 104.0, 14.0, _HEIGHT - 46.0
_MOST_TICKS = 12

_Series = tuple[str, Sequence[float], str, tuple[int, int]]
"""Label, one value per place, colour, dashes."""
_SOLID, _DASHED = (1, 0), (3, 3)


def drift_html(given: Drift) -> str:
    """Return the page as one self-contained HTML document. The same input gives the same text."""
    from markupsafe import Markup

    view = build_drift_view(given)
    charts = {}
    if view.facts is not None:
        # Drawings of ours, no input: their texts were escaped when they were drawn.
        drawn = {"cosine": cosine_svg, "gap": gap_svg, "kl": kl_svg, "updates": updates_svg}
        charts = {name: Markup(paint(view.facts)) for name, paint in drawn.items()}
    return environment().get_template("drift.html.j2").render(page=view, charts=charts, style=style_sheet()) + "\n"


def write_drift_html(given: Drift, path: Path) -> None:
    """Write the page to `path` as UTF-8, replacing what is there."""
    path.write_text(drift_html(given), encoding="utf-8", newline="\n")


def cosine_svg(facts: InsideFacts) -> str:
    """Return the cosine of the two directions per layer as inline SVG, with its noise floor; the axis begins at the lowest of them.

    What random directions reach lies far below and stands in the table: on one axis with it, no change could be seen.
    """
    series: list[_Series] = [
        ("tuned", [one.cosine for one in facts.layers], TUNED, _SOLID),
        ("noise floor", [one.cosine_floor for one in facts.layers], LINE, _DASHED),
    ]
    return _curves("cosine", series, _layers(facts), "layer; cosine of the refusal directions of base and tuned", from_zero=False)


def gap_svg(facts: InsideFacts) -> str:
    """Return the gap along the base's direction per layer, base and tuned, with the base's noise floor as a band."""
    base, floor = [one.gap_base for one in facts.layers], [one.gap_floor for one in facts.layers]
    series: list[_Series] = [("base", base, BASE, _SOLID), ("tuned", [one.gap_tuned for one in facts.layers], TUNED, _SOLID)]
    band = [(value - width, value + width) for value, width in zip(base, floor, strict=True)]
    return _curves("gap", series, _layers(facts), "layer; gap in standard deviations, the band is the noise floor", band=band)


def kl_svg(facts: InsideFacts) -> str:
    """Return KL per token of the base's own refusals and answers."""
    series: list[_Series] = [("refusals", facts.kl_refuse, TUNED, _SOLID), ("benign", facts.kl_benign, BASE, _SOLID)]
    longest = max(len(values) for _, values, _, _ in series)
    known = [one for one in series if one[1]]
    return _curves("kl", known, [str(place + 1) for place in range(longest)], "answer token; KL in nats") if known else ""


def updates_svg(facts: InsideFacts) -> str:
    """Return the relative update per layer; the parts that are no layer stand in the table."""
    values = [value for part, value in facts.updates.items() if part.startswith("layer-")]
    if not values:
        return ""
    return _curves(
        "updates", [("update", values, TUNED, _SOLID)], [str(place) for place in range(1, len(values) + 1)], "layer; relative update"
    )


def _layers(facts: InsideFacts) -> list[str]:
    return [str(one.layer) for one in facts.layers]


def _curves(
    name: str,
    series: Sequence[_Series],
    places: Sequence[str],
    caption: str,
    *,
    band: Sequence[tuple[float, float]] = (),
    from_zero: bool = True,
) -> str:
    values = [value for _, points, _, _ in series for value in points] + [value for pair in band for value in pair]
    low, high = (min(0.0, *values), max(0.0, *values)) if from_zero else (min(values), max(values))
    room = (high - low) * 0.06 or 1.0
    limits = (low, high + room) if from_zero else (low - room, high + room)
    return draw(_WIDTH, _HEIGHT, name, lambda axes: _paint(axes, series, places, caption, band, limits))


def _paint(
    axes: Axes,
    series: Sequence[_Series],
    places: Sequence[str],
    caption: str,
    band: Sequence[tuple[float, float]],
    limits: tuple[float, float],
) -> None:
    low, high = limits
    step = _step(high - low)

    def x(place: int) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (place / (len(places) - 1) if len(places) > 1 else 0.5)

    def y(value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (value - low) / (high - low)

    for number in range(math.ceil(low / step), math.floor(high / step) + 1):
        axes.plot([_LEFT, _RIGHT], [y(number * step)] * 2, color=RULE, linewidth=1)
        text(axes, _LEFT - 10, y(number * step), f"{number * step:g}".replace("-", "\u2212"), ha="right", color=MUTED, fontsize=10)
    every = -(-len(places) // _MOST_TICKS)
    for place in range(0, len(places), every):
        text(axes, x(place), _BOTTOM + 14, places[place], ha="center", color=MUTED, fontsize=10)
    text(axes, (_LEFT + _RIGHT) / 2, _BOTTOM + 33, caption, ha="center", color=MUTED, fontsize=10.5)
    if band:
        lows, highs = [y(one) for one, _ in band], [y(other) for _, other in band]
        axes.fill_between([x(place) for place in range(len(band))], lows, highs, facecolor=BASE, edgecolor="none", alpha=0.12)
    for _, points, colour, dashes in series:
        axes.plot([x(place) for place in range(len(points))], [y(value) for value in points], color=colour, linewidth=2, dashes=dashes)
        if dashes == _SOLID:
            for place, value in enumerate(points):
                dot(axes, x(place), y(value), 3, colour)
    for height, (label, _, _, _) in zip(_apart([y(points[-1]) for _, points, _, _ in series]), series, strict=True):
        text(axes, _RIGHT + 10, height, label, color=INK, fontsize=10)


def _step(span: float) -> float:
    """Return a round distance of lines that gives about five of them."""
    power = 1.0
    while power * 10 <= span:
        power *= 10
    while power > span:
        power /= 10
    return next(power * part for part in (0.2, 0.25, 0.5, 1.0, 2.0) if span / (power * part) <= 6)


def _apart(heights: Sequence[float]) -> list[float]:
    """Move labels that would overlap apart, keeping their order."""
    moved = list(heights)
    order = sorted(range(len(heights)), key=lambda place: heights[place])
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + _LABEL_GAP)
    return moved
