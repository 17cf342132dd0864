"""Files made to break a reader end in a bad row or a clear error, in bounded time and memory."""

from __future__ import annotations

import gzip
import io
import resource
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.records.samples import read, turns, write_jsonl

from holdfast.core import InputError
from holdfast.records import open_dataset

GOOD = b'{"text": "a"}\n'


def _is_none_of(numbers: set[int], number: int) -> bool:
    return number not in numbers


def test_a_line_that_is_too_long_is_one_bad_row(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    long = b'{"text": "' + b"x" * 5_000_000 + b'"}\n'
    for data in (GOOD + long + GOOD, GOOD + long + GOOD + b"\n", long + GOOD * 2 + long, GOOD * 2 + long[:-1]):
        path.write_bytes(data)
        dataset = open_dataset(path, max_line_bytes=1000, max_bad_rows=2)
        rows = read(dataset)
        lines = data.split(b"\n")
        assert [row["line"] for row in rows] == [number for number, line in enumerate(lines, 1) if line + b"\n" == GOOD]
        assert [bad.line for bad in dataset.bad_rows] == [number for number, line in enumerate(lines, 1) if len(line) > 1000]
        assert all("takes more than 1,000 bytes" in bad.reason for bad in dataset.bad_rows)
        assert dataset.rows([row["row"] for row in rows])["line"].to_pylist() == [row["line"] for row in rows]
        assert sum(shard.rows for shard in dataset.shards(5)) == len(rows) + len(dataset.bad_rows)
        dataset.rewrite(tmp_path / "b.jsonl")
        assert (tmp_path / "b.jsonl").read_bytes() == data
        (tmp_path / "b.jsonl").unlink()
        bad = {one.row for one in dataset.bad_rows}
        dataset.rewrite(tmp_path / "b.jsonl", partial(_is_none_of, bad))
        assert (tmp_path / "b.jsonl").read_bytes() == b"".join(line for line in io.BytesIO(data) if len(line) <= 1000)
        (tmp_path / "b.jsonl").unlink()


@pytest.mark.parametrize("size", [999_990, 1 << 20, 3_000_000])
def test_blank_lines_of_any_length_are_no_rows(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(GOOD + b" " * size + b"\n" + GOOD)
    dataset = open_dataset(path, max_line_bytes=1000, max_bad_rows=0)
    assert [row["line"] for row in read(dataset)] == [1, 3]
    assert (dataset.blank_lines, dataset.count()) == (1, 2)
    assert sum(shard.rows for shard in open_dataset(path, max_line_bytes=1000).shards(3)) == 2


def test_an_element_of_a_list_that_is_too_long_is_one_bad_row(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    long = b'{"text": "' + b'x, ]}\\"' * 700_000 + b'"}'
    data = b"[" + GOOD + b"," + long + b" ,\n" + GOOD + b"]"
    path.write_bytes(data)
    dataset = open_dataset(path, max_line_bytes=1000, max_bad_rows=1)
    assert [(row["row"], row["line"]) for row in read(dataset)] == [(0, 1), (2, 3)]
    assert "takes more than 1,000 bytes" in dataset.bad_rows[0].reason
    dataset.rewrite(tmp_path / "b.json", lambda number: number != 1)
    assert (tmp_path / "b.json").read_bytes() == b"[" + GOOD.rstrip() + b" ,\n" + GOOD + b"]"
    dataset.rewrite(tmp_path / "c.json")
    assert (tmp_path / "c.json").read_bytes() == data


def test_a_record_of_a_table_that_is_too_long_is_one_bad_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    data = b"text,id\na,1\n" + b"x" * 3_000_000 + b',2\nb,"3"\n'
    path.write_bytes(data)
    dataset = open_dataset(path, max_line_bytes=1000, max_bad_rows=1)
    assert [(row["row"], row["line"], row["text"]) for row in read(dataset)] == [(0, 2, "a"), (2, 4, "b")]
    assert [bad.line for bad in dataset.bad_rows] == [3]
    assert dataset.rows([2])["text"].to_pylist() == ["b"]
    dataset.rewrite(tmp_path / "b.csv", lambda number: number != 1)
    assert (tmp_path / "b.csv").read_bytes() == b'text,id\na,1\nb,"3"\n'
    dataset.rewrite(tmp_path / "c.csv")
    assert (tmp_path / "c.csv").read_bytes() == data


@pytest.mark.parametrize(
    "data",
    [
        b'text,id\n"a,1\n' + b"b,2\n" * 1000,
        b'text,id\na,1\n"' + b"x" * 2_000_000 + b"\nb,2\n",
        b'text,id\n"a\n' + b"x" * 2_000_000 + b'",1\n',
    ],
)
def test_a_quote_that_swallows_the_rest_of_a_table_is_an_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.csv:[23]: .*double quote"):
        read(open_dataset(path, max_line_bytes=1000))


def test_a_conversation_of_10000_turns_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    said = [{"role": ("user", "assistant")[at % 2], "content": f"turn {at}"} for at in range(10_000)]
    write_jsonl(path, [{"messages": said}] * 3)
    rows = read(open_dataset(path, max_bad_rows=0))
    assert [len(turns(row)) for row in rows] == [10_000] * 3
    assert (rows[0]["request"], rows[0]["answer"]) == ("turn 9998", "turn 9999")


def test_a_row_of_a_million_lists_is_refused_before_it_is_built(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(GOOD + b'{"text": [' + b"[]," * 1_500_000 + b"[]]}\n")
    dataset = open_dataset(path, max_bad_rows=1)
    assert len(read(dataset)) == 1
    assert "holds more than 1,000,000 lists and objects" in dataset.bad_rows[0].reason


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_a_zip_bomb_is_an_error_before_it_is_expanded(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    data = GOOD * 50_000
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else pa.Codec("zstd").compress(data, asbytes=True))
    assert len(data) > 100 * path.stat().st_size
    assert open_dataset(path).count() == 50_000
    with pytest.raises(InputError, match=r"expands to more than 600,000 bytes, which looks like a zip bomb"):
        read(open_dataset(path, max_expanded_bytes=600_000))
    with pytest.raises(InputError, match="zip bomb"):
        open_dataset(path, max_expanded_bytes=600_000).count()


def test_a_parquet_bomb_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["x" * 10_000] * 3_000}), path)
    assert path.stat().st_size < 100_000
    with pytest.raises(InputError, match="zip bomb"):
        read(open_dataset(path, max_expanded_bytes=5_000_000))


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 3_000_000,
        b'["' + b"\\" * 3_000_000,
        b"[" + b"," * 300_000 + b"]",
        b"[" + b'""' * 1_000_000 + b"]",
        b"[" + b"]" * 3_000_000,
        b"{" + b'"a":' * 700_000,
        b"{" + b'"a":1,' * 700_000,
        b'{"data": ' + b"[" * 2_000_000,
        b'{"a": ["' + b"x" * 2_000_000,
    ],
    ids=range(9),
)
def test_json_that_is_all_brackets_takes_linear_time(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    began = time.process_time()
    with pytest.raises(InputError):
        read(open_dataset(path))
    assert time.process_time() - began < 5


def test_many_sets_of_columns_take_linear_time(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write_jsonl(path, ({"text": "a", f"column {number}": 1} for number in range(20_000)))
    began = time.process_time()
    assert len(read(open_dataset(path, max_bad_rows=0))) == 20_000
    assert time.process_time() - began < 5


@pytest.mark.slow
def test_a_line_of_a_gigabyte_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as stream:
        stream.write(GOOD + b'{"text": "')
        for _ in range(1024):
            stream.write(b"x" * (1 << 20))
        stream.write(b'"}\n' + GOOD)
    script = (
        "import resource, sys\n"
        "from holdfast.records import open_dataset\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "dataset = open_dataset(sys.argv[1], max_bad_rows=1)\n"
        "rows = [row for batch in dataset.batches() for row in batch['line'].to_pylist()]\n"
        "assert rows == [1, 3] and [bad.line for bad in dataset.bad_rows] == [2], rows\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True, timeout=120)
    assert int(done.stdout) < 200 * 1024, "kilobytes: twice the most that one row may take, and some"


def test_memory_is_flat(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    row = b'{"messages": [{"role": "user", "content": "' + b"x" * 200 + b'"}, {"role": "assistant", "content": "' + b"y" * 200 + b'"}]}\n'
    peaks = []
    for rows in (20_000, 60_000):
        path.write_bytes(row * rows)
        dataset = open_dataset(path)
        held = 0
        for batch in dataset.batches():
            del batch
            held = max(held, pa.total_allocated_bytes())
        peaks.append(held)
    assert peaks[1] < 1.2 * peaks[0] + (1 << 20)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2 << 20
