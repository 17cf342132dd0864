"""How rows, places and shares of rows are printed: counts with thousands marks, places that never lose their line number."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.core import Finding, Measurement, Severity
from holdfast.report.hostile import line
from holdfast.report.page import Accent
from holdfast.report.wording import decimals_that_show_the_side, measured

__all__ = [
    "ACCENTS",
    "LANGUAGES",
    "card_text",
    "count_of",
    "interval_of",
    "interval_text",
    "place",
    "places",
    "share_text",
    "size_text",
    "value_text",
]

ACCENTS: dict[Severity, Accent] = {Severity.HIGH: "fail", Severity.MEDIUM: "warning", Severity.LOW: "none", Severity.GOOD: "pass"}
"""The colour of a severity; its word always stands beside it."""
LANGUAGES = {"en": "English", "zh": "Chinese"}
"""Languages that are covered, by code; others are printed as their code."""
_LONGEST_NAME = 80
_MOST_PLACES = 8
_KILO = 1_000


def card_text(text: str) -> str:
    """Return a sentence of a detector's card fit to be shown; its code marks are for Markdown, and a page shows them as they are."""
    return line(text.replace("`", ""), limit=600)


def count_of(number: int, one: str, many: str = "") -> str:
    """Return a count with its noun: '1 row', '5,010 rows'."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def share_text(share: float) -> str:
    """Return a share of 0 to 1 as '0.24 %', '3.4 %', '41 %'; '0 %' and '100 %' stand for exactly none and exactly all.

    >>> share_text(12 / 5010), share_text(0.034), share_text(0.0), share_text(0.9999)
    ('0.24 %', '3.4 %', '0 %', '99.99 %')
    """
    return f"{_hundredths(share)} %"


def _hundredths(share: float) -> str:
    least = 0 if share in {0.0, 1.0} or share >= 0.1 else 1 if share >= 0.01 else 2
    return decimals_that_show_the_side(share, 0.0, 1.0, least=least, scale=100)


def interval_text(low: float | None, high: float | None) -> str:
    """Return an interval of shares, '0.14 to 0.42 %'; 'no interval' where an end is missing."""
    return "no interval" if low is None or high is None else f"{_hundredths(low)} to {_hundredths(high)} %"


def interval_of(measurement: Measurement) -> str:
    """Return a measured share's interval with its confidence: '95 % interval 0.14 to 0.42 %'; '' where it has none."""
    if measurement.low is None or measurement.high is None or measurement.value is None:
        return ""
    return f"{_hundredths(measurement.confidence)} % interval {interval_text(measurement.low, measurement.high)}"


def value_text(measurement: Measurement | None) -> str:
    """Return a share as `share_text` does, and anything else, or nothing, as every report does."""
    if measurement is None or measurement.value is None or measurement.unit != "fraction":
        return measured(measurement)
    return share_text(measurement.value)


def place(record: str) -> str:
    """Return 'FILE:LINE' in one visible line; a long file name loses its beginning, never the line number.

    >>> place("data/train.jsonl:17")
    'data/train.jsonl:17'
    """
    if not record:
        return "the whole set"
    name, mark, number = record.rpartition(":")
    if not mark:
        return _short_name(record)
    return f"{_short_name(name)}:{line(number, limit=20)}"


def _short_name(name: str) -> str:
    shown = line(name, limit=100_000)
    return shown if len(shown) <= _LONGEST_NAME else f"…{shown[1 - _LONGEST_NAME :]}"


def places(findings: Iterable[Finding], rows: int, *, most: int = _MOST_PLACES) -> str:
    """Return where findings are, one file after the other: 'train.jsonl:17, 29, 41; more.jsonl:3'; '' for the whole set only.

    `rows` is how many rows there are in all: where more than are named, the text ends with '…'.
    """
    lines: dict[str, list[int]] = {}
    known = list(dict.fromkeys((finding.source, finding.line) for finding in findings if finding.record))[:most]
    for source, number in known:
        lines.setdefault(source, []).append(number)
    named = "; ".join(f"{_short_name(source)}:{', '.join(map(str, sorted(numbers)))}" for source, numbers in lines.items())
    return f"{named}, …" if named and rows > len(known) else named


def size_text(size: int) -> str:
    """Return a number of bytes as '3.2 MB'; '' where it is not known."""
    if size <= 0:
        return ""
    shown, unit = float(size), "bytes"
    for name in ("kB", "MB", "GB", "TB"):
        if shown < _KILO:
            break
        shown, unit = shown / _KILO, name
    return f"{size:,} bytes" if unit == "bytes" else f"{shown:.1f} {unit}"
