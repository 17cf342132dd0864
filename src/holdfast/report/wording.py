"""How numbers and names are printed: rounded for people, never across a bar, never a zero that is not one."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, localcontext
from math import isfinite

from holdfast.core import DEFAULT_CONDITION, Measurement, Unit
from holdfast.report.hostile import line

__all__ = [
    "cell",
    "condition_phrase",
    "decimals_that_show_the_side",
    "heading",
    "label",
    "measured",
    "number",
    "p_value",
    "percent",
    "points",
    "points_range",
    "reasons",
]

_MINUS = "\u2212"
_MOST_DECIMALS = 17
_MOST_DIGITS = 350
_P_BARS = (0.05, 0.01, 0.001)


def decimals_that_show_the_side(value: float, *bars: float, least: int = 0, scale: int = 1, rounding: str = ROUND_HALF_EVEN) -> str:
    """Return `value` times `scale`, with the fewest decimals, `least` or more, that leave it on its own side of every bar.

    The bars are in the unit of `value`. A value that is exactly on a bar prints like the bar.

    >>> decimals_that_show_the_side(0.8962, 0.9, least=1), decimals_that_show_the_side(0.9, 0.9, least=1)
    ('0.896', '0.9')
    >>> decimals_that_show_the_side(0.9996, 0.0, 1.0, scale=100)
    '99.96'
    """
    if not isfinite(value):
        return "not a finite number"
    with localcontext(prec=_MOST_DIGITS):
        exact = Decimal(repr(float(value))) * scale
        marks = [Decimal(repr(float(bar))) * scale for bar in bars]
        shown = exact
        for decimals in range(least, _MOST_DECIMALS + 1):
            shown = exact.quantize(Decimal(1).scaleb(-decimals), rounding=rounding)
            if all(_side(shown, mark) == _side(exact, mark) for mark in marks):
                break
        else:
            return str(exact).replace("-", _MINUS)
    text = f"{shown:f}"
    if text.lstrip("-").strip("0.") == "":
        text = text.lstrip("-")
    return text.replace("-", _MINUS)


def _side(value: Decimal, mark: Decimal) -> int:
    return (value > mark) - (value < mark)


def percent(share: float, *bars: float, rounding: str = ROUND_HALF_EVEN) -> str:
    """Return a share of 0 to 1 as '41 %'; '0 %' and '100 %' stand for exactly none and exactly all."""
    return f"{decimals_that_show_the_side(share, 0.0, 1.0, *bars, scale=100, rounding=rounding)} %"


def points(difference: float, *bars: float) -> str:
    """Return a difference of shares, -1 to 1, in percentage points without the unit: '57'; '0' stands for exactly none."""
    return decimals_that_show_the_side(difference, 0.0, *bars, *(-bar for bar in bars), scale=100)


def points_range(low: float | None, high: float | None, *bars: float) -> str:
    """Return an interval in percentage points, '51 to 62'; 'no interval' where an end is missing."""
    return "no interval" if low is None or high is None else f"{points(low, *bars)} to {points(high, *bars)}"


def number(value: float, unit: Unit, *bars: float, rounding: str = ROUND_HALF_EVEN) -> str:
    """Return a value in its unit: shares in per cent, counts and tokens as they are, ratios and scores with two decimals."""
    if unit is Unit.FRACTION:
        return percent(value, *bars, rounding=rounding)
    whole = float(value).is_integer() and unit in {Unit.COUNT, Unit.TOKENS}
    text = decimals_that_show_the_side(value, 0.0, *bars, least=0 if whole else 2, rounding=rounding)
    return f"{text} {unit.value}" if unit in {Unit.TOKENS, Unit.BITS} else text


def measured(measurement: Measurement | None, *bars: float) -> str:
    """Return a measurement in one phrase: its value, or 'not measured: reason' with its bounds."""
    if measurement is None or measurement.value is not None:
        return cell(measurement, *bars)
    return f"not measured: {_reason(measurement)}{_bounds(measurement, '; it is ')}"


def cell(measurement: Measurement | None, *bars: float) -> str:
    """Return what a table cell prints: the value, or 'not measured' with its bounds; `reasons` says why beside it."""
    if measurement is None:
        return "not measured"
    if measurement.value is None:
        return f"not measured{_bounds(measurement, ', ')}"
    return number(measurement.value, measurement.unit, *bars)


def reasons(*measurements: Measurement | None) -> str:
    """Return why some of a row's numbers are missing, each reason once; '' where none is missing."""
    missing = [_reason(one) for one in measurements if one is not None and one.value is None]
    return " ".join(f"Not measured: {reason}." for reason in dict.fromkeys(missing))


def _reason(measurement: Measurement) -> str:
    return line(measurement.reason or "no reason was given", limit=300).rstrip(".")


def _bounds(measurement: Measurement, lead: str) -> str:
    """Say the range in which a missing number must lie, rounded outwards so that the printed range still holds it."""
    low, high, unit = measurement.low, measurement.high, measurement.unit
    low_text = None if low is None else number(low, unit, rounding=ROUND_FLOOR)
    high_text = None if high is None else number(high, unit, rounding=ROUND_CEILING)
    if low_text is not None and high_text is not None:
        return f"{lead}{low_text} to {high_text}"
    if high_text is not None:
        return f"{lead}at most {high_text}"
    return "" if low_text is None else f"{lead}at least {low_text}"


def p_value(p: float | None) -> str:
    """Return a p value with two or more decimals, on its own side of 0.05, 0.01 and 0.001; 'none' where no test was made."""
    if p is None:
        return "none"
    if 0.0 <= p < 0.0001:
        return "< 0.0001"
    if p == 1:
        return "1"
    return decimals_that_show_the_side(p, *_P_BARS, 1.0, least=2 if p >= 0.01 else 4)


def label(name: str) -> str:
    """Return the name of a category, metric or label for people: 'illegal_activity' as 'illegal activity'."""
    return line(name.replace("_", " "), limit=60)


def heading(name: str) -> str:
    """Return a `label` that begins a line: 'illegal_activity' as 'Illegal activity'; only the first letter changes."""
    text = label(name)
    return text[:1].upper() + text[1:]


def condition_phrase(name: str) -> str:
    """Return a condition for use after 'under': 'the default system prompt', or 'the system prompt “identity”'."""
    return "the default system prompt" if name == DEFAULT_CONDITION else f"the system prompt “{line(name, limit=60)}”"
