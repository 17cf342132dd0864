"""Dates as crawls write them: ISO 8601, digits alone, seconds since 1970, slashes, mail headers, MongoDB's objects.

The common form is cast by Arrow as a whole column; what it does not know is read value by value, each different one once. A date
that cannot be read is null here, and counted by whoever asked for it (`reader.Tally`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["as_dates", "is_said"]

_SECONDS = pa.timestamp("s", tz="UTC")
_FIRST, _LAST = -62_135_596_800, 253_402_300_799
"""The years 1 to 9999: further dates could not be written."""
_FROM_YEAR, _TO_YEAR = 1900, 2199
"""Years with which 4, 6 and 12 digits begin that mean a year, a month and a minute. 8 and 14 digits are always a day and a second: as
times since 1970 they would lie before 1974 and after 2286."""
_STAMPS, _ALWAYS = (6, 8, 12, 14), (8, 14)
_NO_DAY = ("1", "1", "0", "0", "0")
"""Month, day, hour, minute and second that stand for what a date does not say."""
_UNITS = ((10**17, 10**9), (10**14, 10**6), (10**11, 10**3))
"""A number above the first is a date in that part of a second: as seconds it would lie after the year 5000."""
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?", re.ASCII)
_PLAIN = re.compile(
    r"(?P<year>\d{4})(?:[-/.]|年)(?P<month>\d{1,2})(?:(?:[-/.]|月)(?P<day>\d{1,2})日?|月)?"
    r"(?:(?:[Tt]|\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<zone>[Zz]|UTC|GMT|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_MAIL = re.compile(r"(?:[A-Za-z]{3,9},?\s+)?\d{1,2}[ -][A-Za-z]{3}[ -]\d{2,4}\s+\d{1,2}:\d{2}", re.ASCII)
_MOST_KNOWN = 100_000


def as_dates(values: pa.Array | Sequence[Any]) -> pa.Array:
    """Return dates in UTC, to the second; null where there is none or it cannot be read.

    Read are dates and times of Arrow; texts of ISO 8601, YYYY-MM, Y/M/D, Y.M.D and Y年M月D日 with or without a time, and of mail
    headers (RFC 2822); digits, as texts or numbers: YYYYMM, YYYYMMDD, YYYYMMDDHHMM and YYYYMMDDHHMMSS, else seconds since 1970 or
    thousandths, millionths or billionths of them; MongoDB's {"$date": ...}. A month stands for its first day, and a time without a
    zone is one of UTC. A year alone says no day and is not read.

    >>> as_dates(["2026-11-02T10:00:00+01:00", "20261102", 1762000000, "2 Nov", None]).to_pylist()[1].isoformat()
    '2026-11-02T00:00:00+00:00'
    """
    if isinstance(values, pa.Array) and (pa.types.is_timestamp(values.type) or pa.types.is_date(values.type)):
        stamps = values if pa.types.is_timestamp(values.type) else values.cast(pa.timestamp("s"))
        return _possible(stamps.cast(pa.timestamp("s", tz=stamps.type.tz), safe=False).cast(_SECONDS))
    whole = _cast(values)
    return whole if whole is not None else _one_by_one(values.to_pylist() if isinstance(values, pa.Array) else values)


def is_said(value: Any) -> bool:
    """Return whether a value is meant as a date at all: nothing and an empty text are not."""
    return value is not None and not (isinstance(value, str) and not value.strip())


def _cast(values: pa.Array | Sequence[Any]) -> pa.Array | None:
    """Return what Arrow makes of a column of ISO 8601 texts, None where one of them is something else."""
    try:
        texts = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
        if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
            return None
        zoned = texts.slice(0, 1).to_pylist()[:1]
        told = bool(zoned and zoned[0] and zoned[0].endswith("Z"))
        return _possible(texts.cast(_SECONDS if told else pa.timestamp("s")).cast(_SECONDS))
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return None


def _possible(dates: pa.Array) -> pa.Array:
    """Return dates without those before the year 1 and after 9999."""
    seconds = dates.cast(pa.int64())
    fits = pc.and_(pc.greater_equal(seconds, _FIRST), pc.less_equal(seconds, _LAST))
    return dates if pc.all(fits).as_py() in (True, None) else pc.if_else(fits, dates, pa.scalar(None, _SECONDS))


def _one_by_one(values: Sequence[Any]) -> pa.Array:
    known: dict[Any, int | None] = {}
    seconds: list[int | None] = []
    for value in values:
        if value is None or isinstance(value, bool):
            seconds.append(None)
            continue
        if not isinstance(value, str | int | float):
            seconds.append(_seconds(value))
            continue
        if value not in known:
            if len(known) > _MOST_KNOWN:
                known.clear()
            known[value] = _seconds(value)
        seconds.append(known[value])
    return pa.array(seconds, pa.int64()).cast(_SECONDS)


def _seconds(value: Any) -> int | None:
    """Return a date as seconds since 1970, None for one that cannot be read."""
    found: int | None
    try:
        if isinstance(value, datetime):
            found = _of(value)
        elif isinstance(value, str):
            found = _of_text(value.strip())
        elif isinstance(value, int | float):
            found = _of_number(value)
        else:
            found = _of_object(value)
    except (ValueError, OverflowError, TypeError):
        return None
    return found if found is not None and _FIRST <= found <= _LAST else None


def _of_number(value: int | float) -> int | None:
    if 1000 <= value < 10**14 and value == int(value):
        digits = str(int(value))
        count, likely = len(digits), _FROM_YEAR <= int(digits[:4]) <= _TO_YEAR
        if count in _ALWAYS or (likely and count in _STAMPS):
            month, day, hour, minute, second = (
                int(digits[at : at + 2] or default) for at, default in zip(range(4, 14, 2), _NO_DAY, strict=True)
            )
            return _of(datetime(int(digits[:4]), month, day, hour, minute, second, tzinfo=UTC))
        if likely and count == 4:
            return None
    size = abs(value)
    part = next((part for above, part in _UNITS if size > above), 1)
    return int(value // part)


def _of_text(text: str) -> int | None:
    if _NUMBER.fullmatch(text):
        return _of_number(float(text) if "." in text else int(text))
    try:
        return _of(datetime.fromisoformat(text))
    except ValueError:
        pass
    plain = _PLAIN.fullmatch(text)
    if plain:
        return _of_parts(plain)
    if _MAIL.match(text):
        told = parsedate_tz(text)
        return _of(_day_of(told)) + min(told[5], 60) - (told[9] or 0) if told else None
    return None


def _of_parts(plain: re.Match[str]) -> int:
    """Return the moment of a date in parts; 24:00 is the end of the day, and the 60th second of a leap second the next minute's first."""
    hour, minute, second = (int(plain[name] or 0) for name in ("hour", "minute", "second"))
    if (hour, minute, second) > (24, 0, 0) or minute > 59 or second > 60:
        raise ValueError("no time of a day")
    day = datetime(int(plain["year"]), int(plain["month"]), int(plain["day"] or 1), tzinfo=_zone(plain["zone"] or ""))
    return _of(day) + 3600 * hour + 60 * minute + second


def _zone(text: str) -> timezone:
    if text[:1] not in ("+", "-"):
        return UTC
    ahead = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-ahead if text[0] == "-" else ahead)


def _day_of(told: Sequence[Any]) -> datetime:
    """Return the minute of a mail header's date; raises ValueError where there is none such."""
    year, month, day, hour, minute = told[:5]
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def _of_object(value: Any) -> int | None:
    """Return the moment of MongoDB's extended JSON: {"$date": text}, {"$date": milliseconds} or {"$date": {"$numberLong": text}}."""
    if not isinstance(value, Mapping) or set(value) != {"$date"}:
        return None
    told = value["$date"]
    if isinstance(told, Mapping) and set(told) == {"$numberLong"}:
        told = int(told["$numberLong"])
    if isinstance(told, int) and not isinstance(told, bool):
        return told // 1000
    return _of_text(told.strip()) if isinstance(told, str) else None


def _of(moment: datetime) -> int:
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
