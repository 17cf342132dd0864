"""The curves of a watched training, from `evidence/training.jsonl`: points and ticks, ready to draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, isfinite, log10

from holdfast.report.hostile import line
from holdfast.report.wording import decimals_that_show_the_side
from holdfast.watch.rows import RowKind, WatchRow

__all__ = ["Curve", "Curves", "Series", "build_curves"]

WIDTH, HEIGHT = 560.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, WIDTH - 12.0, 14.0, HEIGHT - 44.0
_MOST_SERIES, _MOST_POINTS = 6, 400
_CHARTS = (
    ("refusal_rate", "Refusal rate, per cent, by short generation", True),
    ("over_refusal", "Harmless requests refused, per cent", True),
    ("refusal_log_odds", "Refusal log-odds, nats, from forward passes", False),
    ("kl_first_tokens", "KL to the base at the first answer tokens, nats", False),
    ("loss", "Training loss", False),
    ("grad_norm", "Gradient norm", False),
    ("exposure", "Exposure of canaries, bits", False),
)
"""Name of the values (before a '/'), what the chart says, and whether they are shares of 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of a chart."""

    name: str
    place: int
    """Which of the line styles it takes, 0 to 5."""
    points: str
    dots: tuple[tuple[float, float], ...]
    first: str
    last: str
    lowest: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One chart, in pixels."""

    title: str
    anchor: str
    series: tuple[Series, ...]
    left_out: int
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    marks: tuple[float, ...]
    """Where something went wrong or was decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """All charts of a training, and its incidents."""

    charts: tuple[Curve, ...]
    incidents: tuple[tuple[str, str], ...]
    """Step and what happened."""


def build_curves(rows: Sequence[WatchRow]) -> Curves | None:
    """Return the charts of a training; None where nothing was watched. A step that was done twice shows its last value."""
    incidents = [row for row in rows if row.kind is RowKind.INCIDENT]
    steps = [row.step for row in rows]
    if not rows or (max(steps) <= 0 and not incidents):
        return None
    values: dict[str, dict[int, float]] = {}
    for row in rows:
        if row.kind not in (RowKind.INCIDENT, RowKind.CANDIDATE):
            for name, value in row.values.items():
                if value is not None and isfinite(value):
                    values.setdefault(name, {})[row.step] = value
    marks = tuple(dict.fromkeys(row.step for row in incidents))
    charts = [_curve(place, name, title, share, values, max(steps), marks) for place, (name, title, share) in enumerate(_CHARTS)]
    said = tuple((str(row.step), line(row.note or ", ".join(row.values), limit=300)) for row in incidents)
    return Curves(charts=tuple(chart for chart in charts if chart is not None), incidents=said)


def _curve(
    place: int, name: str, title: str, share: bool, values: dict[str, dict[int, float]], last: int, marks: tuple[int, ...]
) -> Curve | None:
    found = {key: points for key, points in values.items() if key.partition("/")[0] == name and len(points) > 1}
    if not found or last <= 0:
        return None
    kept = list(found.items())[:_MOST_SERIES]
    every = [value for _, points in kept for value in points.values()]
    least, most = (0.0, 1.0) if share else _range(min(every), max(every))

    def x(step: int) -> float:
        return round(LEFT + (RIGHT - LEFT) * step / last, 1)

    def y(value: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (min(max(value, least), most) - least) / (most - least), 1)

    series = []
    for style, (key, points) in enumerate(kept):
        drawn = [(x(step), y(value)) for step, value in _thinned(sorted(points.items()))]
        ordered = [value for _, value in sorted(points.items())]
        series.append(
            Series(
                name=line(key.partition("/")[2].replace("_", " ") or key.replace("_", " "), limit=40),
                place=style,
                points=" ".join(f"{across},{down}" for across, down in drawn),
                dots=tuple(drawn) if len(drawn) <= 40 else (),
                first=_said(ordered[0], share),
                last=_said(ordered[-1], share),
                lowest=_said(min(ordered), share),
                n=len(ordered),
            )
        )
    steps = _ticks(0.0, float(last))
    return Curve(
        title=title,
        anchor=f"curve-{place}",
        series=tuple(series),
        left_out=len(found) - len(kept),
        x_ticks=tuple((x(round(tick)), f"{tick:g}") for tick in steps if tick.is_integer()),
        y_ticks=tuple((y(tick), f"{tick * 100:g}" if share else f"{tick:g}".replace("-", "\u2212")) for tick in _ticks(least, most)),
        marks=tuple(x(step) for step in marks),
    )


def _thinned(points: Sequence[tuple[int, float]]) -> Sequence[tuple[int, float]]:
    """Return at most some hundred points, of each stretch its lowest and its highest, so that no spike is lost."""
    if len(points) <= _MOST_POINTS:
        return points
    width = ceil(2 * len(points) / _MOST_POINTS)
    stretches = [points[start : start + width] for start in range(0, len(points), width)]
    ends = [{min(part, key=lambda one: one[1]), max(part, key=lambda one: one[1])} for part in stretches]
    return [points[0], *sorted(point for part in ends for point in part), points[-1]]


def _range(least: float, most: float) -> tuple[float, float]:
    """Return the ends of an axis: the values to the next tick outside."""
    if most - least < 1e-12:
        least, most = least - 0.5, most + 0.5
    step = _step(most - least)
    return floor(least / step) * step, ceil(most / step) * step


def _step(width: float) -> float:
    power = 10.0 ** floor(log10(width / 5))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if width / (power * factor) <= 5.000001)


def _ticks(least: float, most: float) -> list[float]:
    step = _step(most - least)
    count = floor((most - least) / step + 1e-6)
    ticks = [round(least + place * step, 10) for place in range(count + 1)]
    return ticks if all(before != after for before, after in pairwise(ticks)) else [least, most]


def _said(value: float, share: bool) -> str:
    return decimals_that_show_the_side(value, 0.0, 1.0, scale=100) + " %" if share else f"{value:.4g}".replace("-", "\u2212")
