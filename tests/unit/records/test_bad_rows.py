"""A row that cannot be read is named by line and reason; too many are an error; nothing is dropped in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.records.samples import read

from holdfast.core import InputError
from holdfast.records import open_dataset

GOOD = b'{"text": "a"}'


def write(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"\n".join((GOOD, *lines, GOOD)) + b"\n")
    return path


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{broken", "expected a JSON object, got broken JSON"),
        (b"[1]", "expected a JSON object, got a list"),
        (b'"text"', "expected a JSON object, got text"),
        (b"null", "expected a JSON object, got null"),
        (b'{"text": "\xff\xfe"}', "invalid UTF-8 at byte 11 of the row"),
        (b'{"text": "a\x00b"}', "a NUL byte"),
        (b'{"text": "a\tb"}', "broken JSON: unexpected control character"),
        (b'{"text": "\\ud800"}', "broken JSON: no low surrogate"),
        (b'{"text": "\\ud800", "x": NaN}', "half of a surrogate pair"),
        (b'{"text": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "broken JSON: depth limit exceeded"),
        (b'{"x": NaN, "text": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "broken JSON"),
        (b'{"text": "a", "text": "b"}', "the key 'text' occurs twice"),
        (b'{"text": "a", "m": {"x": 1, "x": 2}}', "the key 'x' occurs twice"),
        (b'{"text": "a \\": b", "x" : 1, "\\u0078": 2}', "the key 'x' occurs twice"),
        (b'{"text": "a", "x" : 1, "x"\t: 2}', "the key 'x' occurs twice"),
        (b'{"text": "a", "x" : 1, "x": 2}', "the key 'x' occurs twice"),
        (b'{"text": "a", "x"\t: 1, "x": 2}', "the key 'x' occurs twice"),
        (b'{"text": "a", "x": 1, "m": [{"y": 1, "y": 2}], "x"\r: 2}', "occurs twice"),
        (b'{"other": 1}', "column 'text' of format text is missing"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_read(tmp_path: Path, line: bytes, said: str) -> None:
    dataset = open_dataset(write(tmp_path / "a.jsonl", line), max_bad_rows=1)
    assert [(row["row"], row["line"]) for row in read(dataset)] == [(0, 1), (2, 3)]
    (bad,) = dataset.bad_rows
    assert (bad.row, bad.source, bad.line) == (1, "a.jsonl", 2)
    assert said in bad.reason
    assert len(bad.reason) < 200


@pytest.mark.parametrize(
    "line",
    [
        b'{"text": "a", "score": NaN, "other": -Infinity}',
        b'{"text": "\\": {\\"x\\": 1, \\"x\\": 2}", "x" : 1}',
        b'{"text": "a", "m": [{"x": {"x": 1}}, {"x": 2}]}',
        b' {"text": "a"}\r',
        b'{"text": "a", "n": 123456789012345678901234567890}',
    ],
)
def test_an_odd_line_that_means_something_is_read(tmp_path: Path, line: bytes) -> None:
    assert len(read(open_dataset(write(tmp_path / "a.jsonl", line), max_bad_rows=0))) == 3


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (b"b", "expected 2 fields as in the header, got 1"),
        (b"b,c,d", "expected 2 fields as in the header, got 3"),
        (b"\xff,c", "invalid UTF-8 at byte 1 of a line"),
        (b"b\x00,c", "a NUL byte"),
        (b"b\rb,c", "broken CSV: new-line character seen in unquoted field"),
        (b'"b\n\xff",c', "invalid UTF-8"),
    ],
)
def test_a_bad_record_of_a_csv_file(tmp_path: Path, record: bytes, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"prompt,id\na,1\n" + record + b"\nz,2\n")
    dataset = open_dataset(path, max_bad_rows=1)
    assert [(row["row"], row["text"]) for row in read(dataset)] == [(0, "a"), (2, "z")]
    (bad,) = dataset.bad_rows
    assert (bad.row, bad.line) == (1, 3)
    assert said in bad.reason


@pytest.mark.parametrize(
    ("element", "said"),
    [
        (b"", "nothing stands between two commas"),
        (b"1", "got a number"),
        (b'"a, ] {"', "got text"),
        (b"[{}, {}]", "got a list"),
        (b'{"text": "a"} {"text": "b"}', "broken JSON"),
        (b'{"text": "a", "text": "b"}', "occurs twice"),
        (b'{"text" : "a", "text" : "b"}', "occurs twice"),
        (b"{'text': 1}", "broken JSON"),
    ],
)
def test_a_bad_element_of_a_list(tmp_path: Path, element: bytes, said: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"[" + GOOD + b",\n" + element + b",\n" + GOOD + b"]")
    dataset = open_dataset(path, max_bad_rows=1)
    assert [(row["row"], row["line"]) for row in read(dataset)] == [(0, 1), (2, 3)]
    (bad,) = dataset.bad_rows
    assert said in bad.reason


def test_a_comma_after_the_last_element_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"[" + GOOD + b",\n]")
    dataset = open_dataset(path, max_bad_rows=1)
    assert len(read(dataset)) == 1
    assert dataset.bad_rows[0].reason == "nothing stands between two commas"


@pytest.mark.parametrize(("rows", "most"), [(9, 0), (10, 1), (40, 4), (100, 10), (900, 10), (2000, 20)])
def test_ten_bad_rows_or_one_in_a_hundred_may_be_bad_and_never_more_than_a_tenth(tmp_path: Path, rows: int, most: int) -> None:
    dataset = open_dataset(write(tmp_path / "most.jsonl", *[b"{"] * most, *[GOOD] * (rows - 2 - most)))
    assert len(read(dataset)) == rows - most
    assert len(dataset.bad_rows) == most
    path = write(tmp_path / "more.jsonl", *[b"{"] * (most + 1), *[GOOD] * (rows - 3 - most))
    with pytest.raises(InputError, match=rf"^{most + 1} rows? of {rows:,} cannot be read, and {most} may be bad\."):
        read(open_dataset(path))
    assert len(read(open_dataset(path, max_bad_rows=most + 1))) == rows - most - 1


def test_the_first_three_bad_rows_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        read(open_dataset(write(tmp_path / "eleven.jsonl", *[b"{"] * 11)))
    said = str(raised.value)
    assert said.startswith("11 rows of 13 cannot be read, and 1 may be bad. The first: eleven.jsonl:2: expected a JSON object")
    assert "eleven.jsonl:4" in said
    assert "eleven.jsonl:5" not in said
    assert "--max-bad-rows" in said


def test_a_number_of_bad_rows_may_be_set_and_zero_is_one(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", b"{", b"{")
    assert len(read(open_dataset(path, max_bad_rows=2))) == 2
    for most in (0, 1):
        with pytest.raises(InputError, match=rf"and {most} may be bad"):
            read(open_dataset(path, max_bad_rows=most))


def test_a_file_of_bad_rows_is_given_up_early(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", *[b"{"] * 200_000)
    dataset = open_dataset(path)
    with pytest.raises(InputError):
        read(dataset)
    assert len(dataset.bad_rows) < 20_000


def test_a_file_without_one_good_row_says_why(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{\n{\n")
    with pytest.raises(InputError, match=r"none of the first 2 rows can be read. The first: a\.jsonl:1: expected a JSON object"):
        open_dataset(path)


def test_bad_rows_are_counted_once_however_often_they_are_read(tmp_path: Path) -> None:
    dataset = open_dataset(write(tmp_path / "a.jsonl", b"{", b""), max_bad_rows=1)
    assert len(read(dataset)) == len(read(dataset)) == 2
    assert (len(dataset.bad_rows), dataset.blank_lines) == (1, 1)
