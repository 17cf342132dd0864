"""Measurements as lines of tables and charts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from holdfast.core import DEFAULT_CONDITION, METRICS, Design, Measurement, Unit
from holdfast.report.gates import Places
from holdfast.report.hostile import line
from holdfast.report.inputs import ReportInput
from holdfast.report.page import Accent, CategoryRow, ChartRow, Fact, MeasureRow, StoredRow
from holdfast.report.wording import cell, heading, label, measured, number, p_value, percent, points, points_range, reasons

__all__ = ["Index", "category_rows", "change_text", "chart_rows", "index", "other_rows", "power_lines", "run_rows", "stored_rows"]

Index = Mapping[tuple[str, str, str, str], Measurement]


def index(measurements: Iterable[Measurement]) -> Index:
    """Return measurements by (metric, side, condition, group)."""
    return {measurement.key: measurement for measurement in measurements}


def _groups(found: Index, metric: str, condition: str) -> list[str]:
    """Return the categories of a metric under a condition, largest drop first, unmeasured ones before all others."""
    names = dict.fromkeys(group for name, _, where, group in found if name == metric and where == condition and group != "all")

    def drop(group: str) -> float:
        measurement = found.get((metric, "drop", condition, group))
        return float("inf") if measurement is None or measurement.value is None else measurement.value

    return sorted(names, key=lambda group: -drop(group))


def category_rows(given: ReportInput, found: Index, condition: str, places: Places) -> tuple[CategoryRow, ...]:
    """Return one line per category, largest drop first, and the line over all categories at the end."""
    groups = [*_groups(found, given.headline_metric, condition), "all"]
    rows = [_category_row(given, found, condition, group, places) for group in groups]
    return tuple(row for row in rows if row is not None)


def _category_row(given: ReportInput, found: Index, condition: str, group: str, places: Places) -> CategoryRow | None:
    base, tuned, drop = (found.get((given.headline_metric, side, condition, group)) for side in ("base", "tuned", "drop"))
    if base is None and tuned is None and drop is None:
        return None
    accent, flag = places.of(condition, group)
    notes = [reasons(base, tuned, drop), _required(drop, accent), "" if drop is None else line(drop.note or "", limit=200)]
    has_drop = drop is not None and drop.value is not None
    return CategoryRow(
        name="All categories" if group == "all" else heading(group),
        base=cell(base),
        tuned=cell(tuned),
        drop=change_text(drop, given.drop_line),
        interval=points_range(drop.low, drop.high, *_bars(given)) if drop is not None and has_drop else "",
        p=p_value(drop.p_adjusted if drop.p_adjusted is not None else drop.p) if drop is not None and has_drop else "",
        n="" if drop is None else str(drop.n),
        detectable="" if drop is None or drop.detectable is None else points(drop.detectable),
        accent=accent,
        flag=flag,
        note=" ".join(note for note in notes if note),
        whole=group == "all",
    )


def _bars(given: ReportInput) -> tuple[float, ...]:
    return () if given.drop_line is None else (given.drop_line,)


def _required(drop: Measurement | None, accent: Accent) -> str:
    """Say how many prompts would settle a drop that a gate flagged and did not confirm."""
    if drop is None or drop.required_n is None or drop.required_n <= drop.n or accent not in {"warning", "undecided"}:
        return ""
    return f"About {drop.required_n} prompts would settle it."


def change_text(drop: Measurement | None, bar: float | None) -> str:
    """Return the bare drop: points for shares, the metric's own unit otherwise; `reasons` says why there is none."""
    if drop is None:
        return "not compared"
    if drop.value is None:
        return "not measured"
    if drop.unit is Unit.FRACTION:
        return points(drop.value, *(() if bar is None else (bar,)))
    return number(drop.value, drop.unit)


def chart_rows(given: ReportInput, found: Index, condition: str, places: Places) -> tuple[ChartRow, ...]:
    """Return the exact numbers of the charts: categories as in the suite, then the line over all categories."""
    metric = given.headline_metric
    names = dict.fromkeys(group for name, _, where, group in found if name == metric and where == condition and group != "all")
    rows = []
    for group in [*names, "all"]:
        base, tuned, drop = (found.get((metric, side, condition, group)) for side in ("base", "tuned", "drop"))
        rows.append(
            ChartRow(
                name="All categories" if group == "all" else heading(group),
                base=None if base is None else base.value,
                tuned=None if tuned is None else tuned.value,
                drop=None if drop is None else drop.value,
                low=None if drop is None else drop.low,
                high=None if drop is None else drop.high,
                marked=places.of(condition, group)[0] in {"fail", "undecided"},
                whole=group == "all",
            )
        )
    return tuple(rows)


def other_rows(given: ReportInput, found: Index, condition: str) -> tuple[MeasureRow, ...]:
    """Return every other metric of this condition that both sides or either have, over all categories."""
    names = dict.fromkeys(
        name
        for name, side, where, group in found
        if where == condition and group == "all" and side != "run" and name != given.headline_metric
    )
    return tuple(_other_row(found, name, condition) for name in names)


def _other_row(found: Index, name: str, condition: str) -> MeasureRow:
    base, tuned, drop = (found.get((name, side, condition, "all")) for side in ("base", "tuned", "drop"))
    change = change_text(drop, None)
    if drop is not None and drop.value is not None and drop.unit is Unit.FRACTION:
        change = f"{change} ({points_range(drop.low, drop.high)})"
    return MeasureRow(
        name=heading(name),
        meaning=METRICS[name].meaning if name in METRICS else "",
        base=cell(base),
        tuned=cell(tuned),
        change=change,
        note=reasons(base, tuned, drop),
    )


def power_lines(given: ReportInput, found: Index, condition: str) -> tuple[str, ...]:
    """Return what this many prompts could have confirmed, overall and per category, and how the numbers above it are to be read."""
    metric = given.headline_metric
    drops = [
        measurement
        for (name, side, where, group), measurement in found.items()
        if name == metric and side == "drop" and where == condition and group != "all" and measurement.detectable is not None
    ]
    lines = []
    whole = found.get((metric, "drop", condition, "all"))
    if whole is not None and whole.detectable is not None:
        lines.append(f"Over all categories ({whole.n} prompts): a drop of {points(whole.detectable)} points or more could be confirmed.")
    if drops:
        lines.append(f"In one category ({_span([d.n for d in drops])} prompts): a drop of {_detectable(drops)} points or more.")
    if lines:
        lines.append("A smaller drop may be there and not be seen.")
    return (*lines, *_read_with_care(given, found, condition))


def _read_with_care(given: ReportInput, found: Index, condition: str) -> Iterator[str]:
    """Say where a limit that decides lies outside the printed interval, and where categories do not come to the line over all of them."""
    metric = given.headline_metric
    whole = found.get((metric, "drop", condition, "all"))
    if whole is None or whole.value is None or whole.unit is not Unit.FRACTION:
        return
    ends = [(whole.lower, whole.low, -1.0), (whole.upper, whole.high, 1.0)]
    outside = [limit for limit, end, way in ends if limit is not None and end is not None and way * (limit - end) > 0]
    if outside and whole.design is Design.FIXED_N:
        named = " and ".join(points(limit, *_bars(given)) for limit in outside)
        yield (
            f"Gates of non-inferiority decide on one-sided limits ({percent(whole.one_sided)}); here one ({named} points) lies outside the "
            "interval, which is of another method: the limit is the wider of Newcombe's and Tango's, and exact where nothing changed."
        )
    names = [group for name, side, where, group in found if (name, side, where) == (metric, "drop", condition) and group != "all"]
    groups = [found[metric, "drop", condition, group] for group in names]
    counted = whole.value if whole.observed is None else whole.observed
    if points(counted) != points(whole.value) and any(one.value is not None and one.observed is None for one in groups):
        yield (
            f"The line over all categories is corrected for the judge's errors (as judged: {points(counted)} points); a category without "
            "labels enough of its own stays as judged, so that the categories need not average to that line."
        )


def _span(numbers: Sequence[int]) -> str:
    least, most = min(numbers), max(numbers)
    return str(least) if least == most else f"{least} to {most}"


def _detectable(drops: Sequence[Measurement]) -> str:
    values = [drop.detectable for drop in drops if drop.detectable is not None]
    least, most = points(min(values)), points(max(values))
    return least if least == most else f"{least} to {most}"


def run_rows(measurements: Iterable[Measurement]) -> tuple[Fact, ...]:
    """Return numbers that belong to the whole run and to no side: data, training, comparability."""
    return tuple(
        Fact(
            name=", ".join([heading(one.metric), *_where(one)]),
            text=measured(one),
            note=METRICS[one.metric].meaning if one.metric in METRICS else "",
        )
        for one in measurements
        if one.side == "run"
    )


def _where(one: Measurement) -> list[str]:
    return [label(place) for place, usual in ((one.condition, DEFAULT_CONDITION), (one.group, "all")) if place != usual]


def stored_rows(measurements: Iterable[Measurement]) -> tuple[StoredRow, ...]:
    """Return every stored measurement, in the order in which it was stored."""
    return tuple(_stored(one) for one in measurements)


def _stored(one: Measurement) -> StoredRow:
    in_points = one.side == "drop" and one.unit is Unit.FRACTION
    value = measured(one) if not in_points or one.value is None else f"{points(one.value)} points"
    interval = ""
    if one.value is not None and one.low is not None and one.high is not None:
        ends = points_range(one.low, one.high) if in_points else f"{number(one.low, one.unit)} to {number(one.high, one.unit)}"
        interval = f"{ends} ({percent(one.confidence)})"
    return StoredRow(
        metric=label(one.metric),
        place=label(one.condition) if one.group == "all" else f"{label(one.condition)} / {label(one.group)}",
        side=one.side,
        value=value,
        interval=interval,
        n=str(one.n),
        method=line(one.method, limit=80),
    )
