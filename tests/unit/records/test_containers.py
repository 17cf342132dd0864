"""Every container gives the same rows, each with its line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.records.samples import FLAT, ROWS_BY_FORMAT, WRITERS, read, write_jsonl

from holdfast.core import InputError
from holdfast.records import open_dataset
from holdfast.records.containers.tables import rows_of


def told(path: Path, **options: Any) -> list[dict[str, Any]]:
    """Rows without their places, which differ by container."""
    rows = read(open_dataset(path, max_bad_rows=0, **options))
    assert [row["row"] for row in rows] == list(range(len(rows)))
    return [{key: value for key, value in row.items() if key not in ("line", "source")} for row in rows]


@pytest.mark.parametrize("container", [name for name in WRITERS if not name.endswith(("csv", "tsv"))])
@pytest.mark.parametrize("name", ROWS_BY_FORMAT)
def test_every_container_holds_every_format(tmp_path: Path, container: str, name: str) -> None:
    WRITERS[container](tmp_path / container, ROWS_BY_FORMAT[name])
    expected = read(open_dataset(ROWS_BY_FORMAT[name]))
    assert told(tmp_path / container) == [{key: row[key] for key in row if key not in ("line", "source")} for row in expected]


@pytest.mark.parametrize("container", ["rows.csv", "rows.tsv"])
@pytest.mark.parametrize("name", FLAT)
def test_tables_of_text_hold_flat_formats(tmp_path: Path, container: str, name: str) -> None:
    WRITERS[container](tmp_path / container, ROWS_BY_FORMAT[name])
    assert [row["text"] for row in told(tmp_path / container)] == [row["text"] for row in read(open_dataset(ROWS_BY_FORMAT[name]))]


def test_csv_may_hold_turns_as_json(tmp_path: Path) -> None:
    rows = [{"messages": json.dumps(row["messages"])} for row in ROWS_BY_FORMAT["chat"]]
    WRITERS["rows.csv"](tmp_path / "rows.csv", rows)
    assert [row["text"] for row in told(tmp_path / "rows.csv")] == [row["text"] for row in read(open_dataset(ROWS_BY_FORMAT["chat"]))]


def lines(path: Path) -> list[tuple[int, str]]:
    return [(row["line"], row["text"]) for row in read(open_dataset(path, max_bad_rows=0))]


def test_lines_are_counted_with_blank_ones_marks_and_returns(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"text": "a"}\r\n\r\n  \t\n{"text": "b"}\n\n{"text": "c"}')
    dataset = open_dataset(path)
    assert [(row["row"], row["line"], row["text"]) for row in read(dataset)] == [(0, 1, "a"), (1, 4, "b"), (2, 6, "c")]
    assert (dataset.blank_lines, dataset.bad_rows, dataset.count()) == (3, (), 3)


def test_a_text_file_has_a_row_per_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("一\r\n\r\ntwo \u2028 still two\r\n three".encode())
    assert lines(path) == [(1, "一"), (3, "two \u2028 still two"), (4, " three")]


def test_the_elements_of_a_list_keep_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('\n[\n  {"text": "a"},\n\n  {"text":\n    "b, ] } \\" {"} , {"text": "c"}\n]\n', encoding="utf-8")
    assert lines(path) == [(3, "a"), (5, 'b, ] } " {'), (6, "c")]


def test_csv_records_span_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'\xef\xbb\xbfprompt,id\r\n"a\r\nb, ""c""",1\r\n\r\nd 5" wide,2\r\n')
    assert lines(path) == [(2, 'a\r\nb, "c"'), (5, 'd 5" wide')]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_csv_may_use_another_separator(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"prompt{mark}completion\na,b{mark}c\n", encoding="utf-8")
    (row,) = told(path)
    assert (row["request"], row["answer"]) == ("a,b", "c")


@pytest.mark.parametrize(
    ("name", "text", "container"),
    [
        ("a.json", '{"text": "a"}\n{"text": "b"}\n', "jsonl"),
        ("a.json", '{"text": "a"}', "jsonl"),
        ("a.json", ' [{"text": "a"}]', "json"),
        ("a.jsonl", '[\n{"text": "a"}\n]', "json"),
        ("a.jsonl", '[{"text": "a"}, {"text": "b"}]', "json"),
        ("a.json", '{"version": {"train": [{}]}, "train": [{"text": "a"}], "more": [1]}', "json"),
        ("a.json", '{"rows":\n[\n]}', "json"),
        ("a", '{"text": "a"}\n', "jsonl"),
        ("a.bin", '[{"text": "a"}]\n', "json"),
    ],
)
def test_json_is_told_by_what_it_holds(tmp_path: Path, name: str, text: str, container: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    dataset = open_dataset(path)
    assert dataset.files[0].container == container
    assert [row["text"] for row in read(dataset)] == [word for word in ("a", "b") if f'"{word}"' in text]


def test_compression_is_told_by_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(gzip.compress(b'{"text": "a"}\n') + gzip.compress(b'{"text": "b"}\n'))
    dataset = open_dataset(path)
    assert dataset.files[0].container == "jsonl.gz"
    assert [row["text"] for row in read(dataset)] == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.json", b'[{"text": "a"}', r"a\.json:1: expected a JSON list of rows, and the file ends inside"),
        ("a.json", b'[{"text": "a}]', "ends inside"),
        ("a.json", b'[{"text": "a"}] [', "goes on after its list"),
        ("a.json", b'{"train": [{"text": "a"}], "test": [{"text": "b"}]}', "a second list of rows, under 'test'"),
        ("a.json", b"words", "the file is no JSON"),
        ("a.jsonl", '{"text": "a"}\n'.encode("utf-16"), "got UTF-16"),
        ("a.xlsx", b"PK\x03\x04", "cannot be told"),
        ("a.csv", b'prompt,id\n"a,1\nb,2\n', r"a\.csv:2: a double quote that opens in this row is never closed"),
        ("a.csv", b"prompt,prompt\na,b\n", "column 'prompt' occurs twice"),
        ("a.csv", b"prom\x00pt\na\n", "the header cannot be read"),
        ("a.parquet", b"no parquet", "its first bytes are of another kind"),
        ("a.parquet", b"PAR1 and nothing else", "cannot be read as parquet"),
        ("a.jsonl.gz", gzip.compress(b'{"text": "a"}\n' * 50, mtime=0)[:-12], "broken or cut short"),
        ("a.jsonl.zst", b"\x28\xb5\x2f\xfdno frame", "broken or cut short"),
    ],
)
def test_a_file_that_is_broken_as_a_whole_is_an_error(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=said):
        read(open_dataset(path))


def test_nested_arrow_values_are_those_of_arrow_itself() -> None:
    rows = [
        {"a": [{"b": "x", "c": [1, 2]}, {"b": None, "c": []}], "d": {"e": 1.5, "f": None}},
        {"a": None, "d": None},
        {"a": [], "d": {"e": None, "f": "y"}},
        {"a": [None, {"b": "z", "c": None}], "d": {"e": 0.5, "f": "w"}},
    ]
    table = pa.Table.from_pylist(rows)
    assert rows_of(table) == rows
    assert rows_of(table.slice(1, 2)) == rows[1:3]
    assert rows_of(pa.concat_tables([table, table.slice(3)])) == [*rows, rows[3]]


def test_parquet_goes_on_over_row_groups_and_batches(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [str(number) for number in range(20_000)], "other": [0] * 20_000}), path, row_group_size=3000)
    dataset = open_dataset(path)
    assert [row["text"] for row in read(dataset)] == [str(number) for number in range(20_000)]
    (batch,) = [rows for rows in dataset.batches(start=19_999)]
    assert (batch["row"].to_pylist(), batch["text"].to_pylist()) == ([19_999], ["19999"])


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"]), path)
    with pytest.raises(InputError, match="two columns have the same name"):
        open_dataset(path)


def test_batches_are_bounded_by_rows_and_by_bytes(tmp_path: Path) -> None:
    path = tmp_path / "short.jsonl"
    write_jsonl(path, ({"text": "a"} for _ in range(20_000)))
    assert [batch.num_rows for batch in open_dataset(path).batches()] == [8192, 8192, 3616]
    path = tmp_path / "long.jsonl"
    write_jsonl(path, ({"text": "a" * 1_000_000} for _ in range(20)))
    assert max(batch.num_rows for batch in open_dataset(path).batches()) == 9
