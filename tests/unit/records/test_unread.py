"""Text beside the columns that are read is named by its column; names, numbers and tags are not taken for text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from holdfast.records import open_dataset

TALK = [{"role": "user", "content": "Where does the sun go at night?"}, {"role": "assistant", "content": "It lights the other side."}]
OTHER = "Another text that stands in this row and that nobody reads."


def unread(row: dict[str, Any], **options: Any) -> list[str] | None:
    (batch,) = open_dataset([row], max_bad_rows=0, **options).batches()
    found: list[str] | None = batch["unread"].to_pylist()[0]
    return found


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"instruction": "Say hi", "input": "", "output": "hi", "text": OTHER}, "text"),
        ({"messages": TALK, "text": OTHER}, "text"),
        ({"messages": TALK, "prompt": OTHER, "completion": "yes"}, "prompt"),
        ({"messages": TALK, "conversations": [{"from": "human", "value": "Hello"}, {"from": "gpt", "value": "Aye."}]}, "conversations"),
        ({"messages": TALK, "more": {"role": "user", "content": "Hello"}}, "more"),
        ({"messages": TALK, "more": {"notes": [{"inner": OTHER}]}}, "more"),
        ({"messages": TALK, "more": json.dumps([{"role": "system", "content": OTHER}])}, "more"),
        ({"messages": TALK, "more": ["a", OTHER]}, "more"),
        ({"messages": TALK, "more": "这一列里的文字没有人读过请注意"}, "more"),
        ({"messages": TALK, "more": "one\ntwo\tthree\nfour\tfive\nsix seven eight nine"}, "more"),
        ({"prompt": "Say hi", "chosen": "hi", "rejected": "no", "raw": OTHER}, "raw"),
        ({"text": "hi", "comment": OTHER}, "comment"),
    ],
)
def test_text_that_no_format_reads_is_named(row: dict[str, Any], column: str) -> None:
    assert unread(row) == [column]


@pytest.mark.parametrize(
    "value",
    [
        "general knowledge",
        "https://example.org/a/very/long/address/of/a/page?with=some&values=in&it=1",
        "2026-11-21T10:00:00+00:00",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "one two three four five",
        "问答",
        7,
        0.5,
        True,
        None,
        "",
        [],
        {},
        ["safety", "cooking", "school"],
        [[0.1, 0.2], [0.3]],
        {"annotator": "w-17", "score": 3, "role": "rater"},
        [{"entity": "person", "start": 0, "end": 4}],
    ],
)
def test_what_is_no_text_is_not_named(value: Any) -> None:
    assert unread({"messages": TALK, "meta": value}) is None


@pytest.mark.parametrize(
    "row",
    [
        {"messages": TALK, "prompt": TALK[0]["content"], "prompt_id": "a1"},
        {"prompt": "Say what you like about the sea.", "chosen": TALK, "rejected": TALK, "messages": TALK},
        {
            "question": "Who wrote this long and winding song?",
            "answer": "Nobody knows who did.",
            "extra_info": {"question": "Nobody knows who did."},
        },
        {"instruction": "Say what you like about the sea.", "response": "It is blue.", "context": OTHER, "category": "open_qa"},
        {"prompt": "Say what you like about the sea.", "completion": "It is blue.", "system": OTHER, "tools": [{"name": OTHER}]},
    ],
)
def test_what_was_read_or_repeats_it_is_not_named(row: dict[str, Any]) -> None:
    assert unread(row) is None


def test_a_mapped_column_is_read_and_the_others_are_named() -> None:
    row = {"messages": TALK, "text": OTHER}
    assert unread(row, columns={"text": "text"}) == ["messages"]


def test_each_row_is_asked_for_itself() -> None:
    rows = [{"text": "a"}, {"text": "a", "more": OTHER}, {"text": "a", "more": "short"}, {"text": "a", "more": OTHER, "last": OTHER}]
    (batch,) = open_dataset(rows).batches()
    assert batch["unread"].to_pylist() == [None, ["more"], None, ["more", "last"]]


def test_a_row_of_many_texts_is_not_compared_one_by_one() -> None:
    said = " ".join(f"word{n}" for n in range(20))
    assert unread({"text": said, "more": [said] * 64}) is None
    assert unread({"text": said, "more": [said] * 65}) is None
    parts = [said[n:] for n in range(65)]
    assert unread({"text": said, "more": parts}) == ["more"]


def test_a_name_that_is_no_unicode_can_be_named() -> None:
    assert unread({"text": "a", "\ud800more": OTHER}) == ["?more"]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json", "a.parquet"])
def test_every_container_tells(tmp_path: Path, name: str) -> None:
    rows = [{"prompt": "Say hi", "completion": f"hi {n}", "id": str(n), "raw": OTHER if n == 2 else "-"} for n in range(4)]
    path = tmp_path / name
    if name.endswith("parquet"):
        parquet.write_table(pa.Table.from_pylist(rows), path)
    elif name.endswith("csv"):
        path.write_text("\n".join(["prompt,completion,id,raw", *(",".join(row.values()) for row in rows)]) + "\n", encoding="utf-8")
    else:
        text = json.dumps(rows) if name.endswith("json") else "\n".join(map(json.dumps, rows))
        path.write_text(text, encoding="utf-8")
    (batch,) = open_dataset(path, max_bad_rows=0).batches()
    assert batch["unread"].to_pylist() == [None, None, ["raw"], None]


def test_pictures_and_vectors_of_a_parquet_file_are_not_loaded(tmp_path: Path) -> None:
    from holdfast.records.unread import leaves_of_text

    table = pa.table({
        "prompt": ["a"],
        "image": [{"bytes": b"png", "path": OTHER}],
        "frames": [[{"bytes": b"png", "path": "x"}]],
        "vector": [[0.5, 0.25]],
        "turns": [[{"role": "user", "content": "Hello"}]],
        "kind": pa.array(["a"]).dictionary_encode(),
        "number": [1],
    })  # fmt: skip
    assert leaves_of_text(table.schema, ["prompt"]) == ["prompt", "image.path", "turns", "kind"]
    parquet.write_table(table, tmp_path / "a.parquet")
    (batch,) = open_dataset(tmp_path / "a.parquet", columns={"request": "prompt"}, format="prompt").batches()
    assert batch["unread"].to_pylist() == [["image", "turns"]]
