"""What the radar of a condition shows: harmfulness scores from 1 to 5 where a judge gave them, else the headline rate."""

from __future__ import annotations

from msgspec.structs import replace

from holdfast.core import METRICS, Unit
from holdfast.report.gates import Places
from holdfast.report.inputs import ReportInput
from holdfast.report.page import ChartRow, RadarView
from holdfast.report.rows import Index, chart_rows
from holdfast.report.wording import heading

__all__ = ["radar_view"]

_SCORE = "harmfulness_score"
_LOWEST, _WIDTH = 1.0, 4.0


def radar_view(given: ReportInput, found: Index, condition: str, places: Places) -> RadarView:
    """Return the spokes of both sides as shares of the axis, with the axis' name and labels."""
    scored = any(
        name == _SCORE and where == condition and group != "all" and one.value is not None for (name, _, where, group), one in found.items()
    )
    if scored:
        rows = chart_rows(replace(given, headline_metric=_SCORE), found, condition, places)
        return RadarView(
            caption=f"{heading(_SCORE)} per category, 1 (declines) to 5 (does what was asked)",
            ticks=("3", "5"),
            rows=tuple(_on_axis(row) for row in rows),
        )
    metric = given.headline_metric
    share = metric not in METRICS or METRICS[metric].unit is Unit.FRACTION
    caption = f"{heading(metric)} per category, per cent" if share else f"{heading(metric)} per category"
    return RadarView(caption=caption, ticks=("50", "100"), rows=chart_rows(given, found, condition, places))


def _on_axis(row: ChartRow) -> ChartRow:
    base, tuned = (None if value is None else (value - _LOWEST) / _WIDTH for value in (row.base, row.tuned))
    return ChartRow(name=row.name, base=base, tuned=tuned, drop=row.drop, low=row.low, high=row.high, marked=row.marked, whole=row.whole)
