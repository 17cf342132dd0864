"""Dates in the forms that crawls use; what cannot be read is null and never a wrong day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from holdfast.corpus.sources.dates import as_dates

DAY = "2026-11-03T00:00:00"
MOMENT = "2026-11-13T23:30:00"
EPOCH = "2025-11-01T12:26:40"


def read(values: Any) -> list[str | None]:
    return [None if one is None else one.astimezone(UTC).isoformat().removesuffix("+00:00") for one in as_dates(values).to_pylist()]


FORMS: dict[str, list[Any]] = {
    DAY: [20261103, 20261103.0, "20261103", "2026/11/03", "2026/11/3", "2026.11.03", "2026年11月3日", " 2026-11-03 "],
    MOMENT: [
        *(20261113233000, "20261113233000", 202611132330, "202611132330", "2026/11/13 23:30:00", "2026-11-13 23:30"),
        *("2026-11-13T23:30:00.123456789Z", "2026-11-13T23:30:00+00:00", "2026-11-14T01:00:00+01:30", "2026-11-13T23:30Z"),
    ],
    EPOCH: [
        *(1762000000, 1762000000.5, "1762000000", 1762000000123, "1762000000123", 1762000000123456, 1762000000123456789),
        *({"$date": 1762000000000}, {"$date": {"$numberLong": "1762000000000"}}, {"$date": "2025-11-01T12:26:40Z"}),
    ],
    "2026-11-01T00:00:00": ["2026-11", "2026/11", "202611", 202611, "2026年11月"],
    "2026-11-02T10:00:00": ["Mon, 02 Nov 2026 10:00:00 GMT", "2 Nov 2026 08:30:00 -0130"],
    "1994-11-06T08:49:37": ["Sunday, 06-Nov-94 08:49:37 GMT"],
    "2026-11-13T23:31:00": ["2026-11-13T23:30:60Z"],
    "2026-11-14T00:00:00": ["2026-11-13T24:00:00"],
    "2026-11-13T00:00:00": ["2026-W46-5"],
    "9999-12-31T00:00:00": ["9999-12-31"],
    "1970-01-01T00:00:00": [0],
    "1969-12-31T23:59:55": [-5],
}
NONE: list[Any] = [
    *("yesterday", "2026", 2026, "20261399", 20261399, 20261113236000, "2026-02-30", "2026-13", "2026/11/03 25:00:00"),
    *("2026-11-13T24:00:01", "Mon, 42 Nov 2026 10:00:00 GMT", "1" * 400, 10**30, 1e300, float("nan"), float("inf"), "0000-01-01"),
    *("", " ", "\u0662\u0660\u0662\u0666-11-03", True, False, ["2026-11-03"], [], {}, {"a": 1}, {"$date": None}, b"2026-11-03", None),
    *({"$date": {"$numberLong": "x"}}, {"$date": []}),
]


@pytest.mark.parametrize(("value", "said"), [(value, said) for said, values in FORMS.items() for value in values])
def test_a_form_that_crawls_use_is_read_alone_and_among_others(value: Any, said: str) -> None:
    assert read([value]) == [said]
    assert read([value, "no date", {"a": 1}, value]) == [said, None, None, said]


@pytest.mark.parametrize("value", NONE)
def test_what_is_no_date_is_none_and_no_error(value: Any) -> None:
    assert read([value, value, 20261103]) == [None, None, DAY]


def test_a_number_and_a_truth_value_that_are_equal_are_kept_apart() -> None:
    assert read([1, True, 1.0]) == ["1970-01-01T00:00:01", None, "1970-01-01T00:00:01"]


def test_columns_of_arrow_are_read() -> None:
    moment = datetime(2026, 11, 13, 23, 30, tzinfo=UTC)
    assert read(pa.array([moment, None], pa.timestamp("ns"))) == [MOMENT, None]
    assert read(pa.array([moment], pa.timestamp("us", tz="Europe/Paris"))) == [MOMENT]
    assert read(pa.array([date(2026, 11, 3)], pa.date32())) == [DAY]
    assert read(pa.array(["2026-11-03", None, "20261103"], pa.large_string())) == [DAY, None, DAY]
    assert read(pa.array([20261103, 1762000000], pa.int64())) == [DAY, EPOCH]
    assert read(pa.array([{"$date": "2026-11-03"}])) == [DAY]
    assert read(pa.array([["2026-11-03"]])) == [None]
    assert read(pa.array([5], pa.time32("s"))) == [None]
    assert read(pa.array([2**62], pa.timestamp("s"))) == [None]
    assert read(pa.array([], pa.string())) == []


@pytest.mark.parametrize("form", ["2026-11-{:02}", "2026-11-{:02}T10:00:00Z", "2026-11-{:02}T10:00:00", "2026-11-{:02} 10:00:00+02:00"])
def test_the_common_forms_are_the_same_as_a_column_and_one_by_one(form: str) -> None:
    texts = [form.format(day) for day in range(1, 31)]
    whole = read(texts)
    assert None not in whole
    assert whole == [read([text, "no date"])[0] for text in texts]
    assert read([None, *texts]) == [None, *whole]
