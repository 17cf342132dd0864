"""Writing back keeps format, order and every byte that is not meant to change, and never writes in place."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.records.samples import FLAT, ROWS_BY_FORMAT, WRITERS, read, write_jsonl

from holdfast.core import InputError, Message
from holdfast.records import NewRow, open_dataset

HOLDS = [(container, name) for container in WRITERS for name in ROWS_BY_FORMAT if name in FLAT or not container.endswith(("csv", "tsv"))]
LABELS = pa.dictionary(pa.int32(), pa.string())
ANSWERED = ("chat", "sharegpt", "alpaca", "dolly", "prompt-completion", "question-answer", "dpo", "kto", "transcript")


def without(*dropped: int) -> Any:
    return lambda number: number not in dropped


def new(*said: str, rejected: str | None = None) -> NewRow:
    roles = ("user", "assistant")
    return NewRow(messages=tuple(Message(role=roles[at % 2], content=text) for at, text in enumerate(said)), rejected=rejected)  # type: ignore[arg-type]


def rewritten(path: Path, keep: Any = None, **edits: Any) -> bytes:
    target = path.with_name(f"new-{path.name}")
    open_dataset(path).rewrite(target, keep, **edits)
    return target.read_bytes()


@pytest.mark.parametrize(
    ("name", "data", "dropped", "left"),
    [
        (
            "a.jsonl",
            b'\xef\xbb\xbf{"text":"a"}\r\n\r\n{"text" : "b"}\r\n {"text":"c"}',
            1,
            b'\xef\xbb\xbf{"text":"a"}\r\n\r\n {"text":"c"}',
        ),
        ("a.jsonl", b'\xef\xbb\xbf{"text":"a"}\n{"text":"b"}', 0, b'\xef\xbb\xbf{"text":"b"}'),
        ("a.jsonl", b'{"text":"a"}\n{broken\n{"text":"b"}', 2, b'{"text":"a"}\n{broken\n'),
        ("a.jsonl", b'{"text":"a"}\n{broken\n{"text":"b"}', 1, b'{"text":"a"}\n{"text":"b"}'),
        ("a.txt", b"a\n\n b \nc", 1, b"a\n\nc"),
        ("a.json", b'[{"text":"a"}, {"text":"b"} ,\n{"text":"c"}]\n', 0, b'[{"text":"b"} ,\n{"text":"c"}]\n'),
        ("a.json", b'[{"text":"a"}, {"text":"b"} ,\n{"text":"c"}]\n', 1, b'[{"text":"a"} ,\n{"text":"c"}]\n'),
        ("a.json", b'[{"text":"a"}, {"text":"b"} ,\n{"text":"c"}]\n', 2, b'[{"text":"a"}, {"text":"b"}]\n'),
        ("a.json", b'[\n  {"text":"a"}\n]', 0, b"[\n]"),
        ("a.json", b'{"v":1,"data":[\n{"text":"a"},\n{"text":"b"}\n],"w":[]}', 0, b'{"v":1,"data":[\n{"text":"b"}\n],"w":[]}'),
        ("a.csv", b'\xef\xbb\xbftext\r\n"a\n""x"""\r\n\r\nb\r\n"c"', 0, b'\xef\xbb\xbftext\r\n\r\nb\r\n"c"'),
        ("a.csv", b'text\n"a\n""x"""\nb\n"c"', 2, b'text\n"a\n""x"""\nb\n'),
    ],
)
def test_what_stays_is_byte_identical(tmp_path: Path, name: str, data: bytes, dropped: int, left: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert rewritten(path, without(dropped)) == left
    assert rewritten(path.rename(tmp_path / f"b{path.suffix}")) == data


def test_several_rows_may_go_and_so_may_all(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'[\n {"text":"a"},\n {"text":"b"},\n {"text":"c"}\n]')
    assert rewritten(path, without(0, 1)) == b'[\n {"text":"c"}\n]'
    (tmp_path / "new-a.json").unlink()
    assert rewritten(path, without(0, 1, 2)) == b"[\n]"


@pytest.mark.parametrize("packed", ["gz", "zst"])
def test_a_compressed_file_stays_compressed(tmp_path: Path, packed: str) -> None:
    path = tmp_path / f"rows.jsonl.{packed}"
    WRITERS[path.name](path, ROWS_BY_FORMAT["text"])
    target = tmp_path / f"new.jsonl.{packed}"
    open_dataset(path).rewrite(target, without(1))
    assert [row["text"] for row in read(open_dataset(target))] == ["one long story", "the end"]
    assert open_dataset(target).files[0].container == f"jsonl.{packed}"
    again = tmp_path / f"again.jsonl.{packed}"
    open_dataset(path).rewrite(again, without(1))
    assert again.read_bytes() == target.read_bytes()
    plain = tmp_path / "plain.jsonl"
    open_dataset(path).rewrite(plain, without(0, 1))
    assert plain.read_bytes() == b'{"text": "the end"}\n'


def test_parquet_keeps_its_schema_and_its_other_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    schema = pa.schema(
        [
            pa.field("text", pa.large_string()),
            pa.field("n", pa.int16(), metadata={"k": "v"}),
            ("d", pa.dictionary(pa.int32(), pa.string())),
        ],
        metadata={"made": "by us"},
    )
    rows = [{"text": f"row {number}", "n": number % 100, "d": "x" if number % 2 else "y"} for number in range(10_000)]
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, row_group_size=3000, compression="zstd")
    target = tmp_path / "b.parquet"
    done = open_dataset(path).rewrite(target, without(0, 2999, 9999))
    assert (done.kept, done.dropped) == (9997, 3)
    before, after = pq.read_table(path), pq.read_table(target)
    assert after.schema.equals(before.schema, check_metadata=True)
    assert after.to_pylist() == [row for number, row in enumerate(rows) if number not in (0, 2999, 9999)]
    assert pq.read_metadata(target).row_group(0).column(0).compression == "ZSTD"
    assert pq.read_metadata(target).num_row_groups == 4


@pytest.mark.parametrize(("container", "name"), HOLDS)
def test_a_replaced_row_is_the_only_one_that_changes(tmp_path: Path, container: str, name: str) -> None:
    path = tmp_path / container
    WRITERS[container](path, ROWS_BY_FORMAT[name])
    dataset = open_dataset(path)
    before = read(dataset)
    number = 1
    old = [Message(**turn) for turn in before[number]["turns"]]
    changed = NewRow(messages=(*old[:-1], Message(role=old[-1].role, content="[redacted]")))
    target = tmp_path / f"new-{container}"
    done = dataset.rewrite(target, replace={number: changed})
    assert (done.kept, done.replaced) == (2, 1)
    after = read(open_dataset(target))
    assert [row["text"] for row in after] == [row["text"] if row["row"] != number else "[redacted]".join(
        row["text"].rsplit(old[-1].content, 1)) for row in before]  # fmt: skip
    assert [row["rejected"] for row in after] == [row["rejected"] for row in before]
    assert [(row["format"], row["annotator"], row["system"]) for row in after] == [
        (row["format"], row["annotator"], row["system"]) for row in before
    ]


def test_a_replaced_row_keeps_what_else_it_holds_and_how_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(
        b'[\r\n    {\r\n        "id": 7,\r\n        "messages": [\r\n            {"role": "user", "content": "call \\u00e9 555"}\r\n'
        b'        ]\r\n    },\r\n    {"messages": []}\r\n]'
    )
    data = rewritten(path, replace={0: new("call é [phone]")})
    assert data == (
        b'[\r\n    {\r\n        "id": 7,\r\n        "messages": [\r\n            {"role": "user", "content": "call \\u00e9 [phone]"}\r\n'
        b'        ]\r\n    },\r\n    {"messages": []}\r\n]'
    )


def test_a_row_replaced_by_its_own_text_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{ "prompt":"a","completion" :"b" }\n')
    assert rewritten(path, replace={0: new("a", "b")}) == path.read_bytes()


@pytest.mark.parametrize(("container", "name"), [(container, name) for container, name in HOLDS if name in ANSWERED])
def test_rows_are_added_in_the_format_of_the_file(tmp_path: Path, container: str, name: str) -> None:
    path = tmp_path / container
    WRITERS[container](path, ROWS_BY_FORMAT[name])
    dataset = open_dataset(path)
    extra = [new("may I?", "No, sorry.", rejected="Yes" if name == "dpo" else None), new("and now?", "Still no.", rejected="Yes")]
    if name != "dpo":
        extra[1] = new("and now?", rejected="Yes") if name == "kto" else new("and now?", "Still no.")
    done = dataset.rewrite(tmp_path / f"new-{container}", without(0), extra_rows=extra)
    assert (done.kept, done.dropped, done.added) == (2, 1, 2)
    rows = read(open_dataset(tmp_path / f"new-{container}", max_bad_rows=0))
    assert len(rows) == 4
    assert {row["format"] for row in rows} == {name}
    if name == "kto":
        assert (rows[2]["request"], rows[2]["answer"]) == ("may I?", "No, sorry.")
        assert rows[3]["rejected"] == "Yes"
    else:
        assert [(row["request"], row["answer"]) for row in rows[2:]] == [("may I?", "No, sorry."), ("and now?", "Still no.")]


@pytest.mark.parametrize(
    ("data", "after"),
    [
        (b'[{"text":"a"}]', b'[{"text":"a"}, {"text":"x"}, {"text":"y"}]'),
        (b'[\n {"text":"a"},\n {"text":"b"}\n]', b'[\n {"text":"a"},\n {"text":"b"},\n {"text":"x"},\n {"text":"y"}\n]'),
    ],
)
def test_rows_are_added_to_a_list_with_its_own_separators(tmp_path: Path, data: bytes, after: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    extra = [NewRow(messages=(Message(role="assistant", content=text),)) for text in "xy"]
    assert rewritten(path, extra_rows=extra) == after


def test_rows_are_added_below_a_last_line_that_did_not_end(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text":"a"}\r\n{"text":"b"}')
    extra = [NewRow(messages=(Message(role="assistant", content="x"),))]
    assert rewritten(path, extra_rows=extra) == b'{"text":"a"}\r\n{"text":"b"}\n{"text":"x"}\n'


def test_a_set_of_several_files_becomes_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    (folder / "in").mkdir(parents=True)
    write_jsonl(folder / "in" / "a.jsonl", ROWS_BY_FORMAT["text"])
    WRITERS["rows.csv"](folder / "b.csv", ROWS_BY_FORMAT["prompt"])
    done = open_dataset(folder).rewrite(tmp_path / "out", without(0, 5), replace={4: new("changed")})
    assert (done.kept, done.dropped, done.replaced) == (3, 2, 1)
    rows = read(open_dataset(tmp_path / "out"))
    assert [(row["source"], row["text"]) for row in rows] == [
        ("b.csv", "how?"), ("b.csv", "when?"), ("in/a.jsonl", "one long story"), ("in/a.jsonl", "changed"),
    ]  # fmt: skip


def test_nothing_is_written_in_place_or_over_another_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write_jsonl(path, ROWS_BY_FORMAT["text"])
    (tmp_path / "link.jsonl").symlink_to(path)
    (tmp_path / "hard.jsonl").hardlink_to(path)
    other = tmp_path / "b.jsonl"
    other.write_text("mine", encoding="utf-8")
    dataset = open_dataset(path)
    for target in (path, tmp_path / "x" / ".." / "a.jsonl", tmp_path / "link.jsonl", tmp_path / "hard.jsonl"):
        with pytest.raises(InputError, match=r"never written back in place|exists already"):
            dataset.rewrite(target)
    with pytest.raises(InputError, match="exists already"):
        dataset.rewrite(other)
    with pytest.raises(InputError, match="keeps its kind"):
        dataset.rewrite(tmp_path / "a.parquet")
    folder = tmp_path / "set"
    folder.mkdir()
    path.rename(folder / "a.jsonl")
    whole = open_dataset(folder)
    for target in (folder, folder / "inside", tmp_path):
        with pytest.raises(InputError, match="overlaps the folder"):
            whole.rewrite(target)
    assert other.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("name", "replace", "said"),
    [
        ("chat", {9: new("x")}, "row 9 cannot be replaced: the set has 3 rows"),
        ("text", {0: new("a", "b")}, "row 0 of rows.jsonl cannot be replaced: a row of plain text holds no turns"),
        ("prompt", {0: new("a", "b")}, "holds no answer"),
        ("prompt-completion", {0: new("a", "b", "c", "d")}, "holds one request and one answer, got 4 turns"),
        ("prompt-completion", {0: new("a", "b", rejected="c")}, "has no rejected answer"),
        ("dpo", {0: new("a")}, "needs a chosen answer as its last turn"),
        ("mt-bench", {0: new("a", "b")}, "holds user turns only"),
    ],
)
def test_what_a_format_cannot_hold_is_an_error_and_leaves_nothing(tmp_path: Path, name: str, replace: dict[int, NewRow], said: str) -> None:
    write_jsonl(tmp_path / "rows.jsonl", ROWS_BY_FORMAT[name])
    with pytest.raises(InputError, match=said):
        open_dataset(tmp_path / "rows.jsonl").rewrite(tmp_path / "out.jsonl", replace=replace)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", ROWS_BY_FORMAT["text"])
    dataset = open_dataset(tmp_path / "a.jsonl")
    with pytest.raises(InputError, match=r"b\.jsonl: cannot be written"):
        dataset.rewrite(tmp_path / "a.jsonl" / "b.jsonl")


def test_a_bad_row_stays_as_it_is_and_cannot_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"text":"a"}\n{bad\n', mtime=0))
    with pytest.raises(InputError, match=r"row 1 of a\.jsonl\.gz cannot be replaced, since it cannot be read"):
        open_dataset(path).rewrite(tmp_path / "b.jsonl", replace={1: new("x")})
