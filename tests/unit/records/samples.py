"""Two or three harmless rows of each format, and ways to write and read them."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.records import ROWS, Dataset

__all__ = ["FLAT", "ROWS_BY_FORMAT", "WRITERS", "read", "turns", "write_jsonl"]

Row = dict[str, Any]

ROWS_BY_FORMAT: dict[str, list[Row]] = {
    "chat": [
        {
            "messages": [
                {"role": "system", "content": "be kind"},
                {"role": "user", "content": "hi"},
                {"role": "assistant", "content": "hello"},
            ],
            "id": 1,
        },
        {"messages": [{"role": "user", "content": "two\nlines"}, {"role": "assistant", "content": "说 “好”"}], "id": 2},
        {"messages": [{"role": "user", "content": "bye"}, {"role": "assistant", "content": "bye now"}], "id": 3},
    ],
    "sharegpt": [
        {
            "system": "be brief",
            "conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "hello"}],
            "tools": '[{"name": "clock"}]',
        },
        {"system": "", "conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}], "tools": "[]"},
        {"system": "", "conversations": [{"from": "human", "value": "c"}, {"from": "gpt", "value": "d"}], "tools": ""},
    ],
    "alpaca": [
        {"instruction": "add these", "input": "1 and 2", "output": "3"},
        {"instruction": "say hi", "input": "", "output": "hi"},
        {"instruction": "say ho", "input": "", "output": "ho"},
    ],
    "dolly": [
        {"instruction": "who?", "context": "Ada wrote it.", "response": "Ada", "category": "closed_qa"},
        {"instruction": "name a colour", "context": "", "response": "red", "category": "open_qa"},
        {"instruction": "name a tree", "context": "", "response": "oak", "category": "open_qa"},
    ],
    "prompt-completion": [
        {"prompt": "2 + 2", "completion": "4"},
        {"prompt": "3 + 3", "completion": "6"},
        {"prompt": "4 + 4", "completion": "8"},
    ],
    "question-answer": [
        {"question": "what is up?", "answer": "the sky"},
        {"question": "what is down?", "answer": "the ground"},
        {"question": "what is left?", "answer": "nothing"},
    ],
    "dpo": [
        {"prompt": "greet me", "chosen": "hello", "rejected": "go away", "annotator": "a1"},
        {"prompt": "thank me", "chosen": "thanks", "rejected": "no", "annotator": "a2"},
        {"prompt": "ask me", "chosen": "how are you?", "rejected": "what", "annotator": "a1"},
    ],
    "kto": [
        {"prompt": "greet me", "completion": "hello", "label": True},
        {"prompt": "thank me", "completion": "no", "label": False},
        {"prompt": "ask me", "completion": "how are you?", "label": True},
    ],
    "mt-bench": [
        {"question_id": 1, "turns": ["write a poem", "now shorter"]},
        {"question_id": 2, "turns": ["count to three", "now back"]},
        {"question_id": 3, "turns": ["draw a line", "now a circle"]},
    ],
    "text": [{"text": "one long story"}, {"text": "another story"}, {"text": "the end"}],
    "transcript": [
        {"text": "### Human: hi### Assistant: hello### Human: and?### Assistant: that is all", "id": 1},
        {"text": "### Human: two\nlines### Assistant: 说 “好”", "id": 2},
        {"text": "### Human: bye### Assistant: bye now", "id": 3},
    ],
    "prompt": [{"prompt": "why?", "type": "x"}, {"prompt": "how?", "type": "y"}, {"prompt": "when?", "type": "z"}],
}

FLAT = ("alpaca", "dolly", "prompt-completion", "question-answer", "dpo", "text", "transcript", "prompt")
"""Formats whose rows are plain columns of text, as CSV holds them."""


def write_jsonl(path: Path, rows: Iterable[Row]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _write_json(path: Path, rows: Iterable[Row]) -> None:
    path.write_text(json.dumps(list(rows), indent=2, ensure_ascii=False), encoding="utf-8")


def _write_wrapped(path: Path, rows: Iterable[Row]) -> None:
    path.write_text(json.dumps({"version": 1, "data": list(rows), "licence": "none"}), encoding="utf-8")


def _write_gz(path: Path, rows: Iterable[Row]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.write("".join(json.dumps(row) + "\n" for row in rows))


def _write_zst(path: Path, rows: Iterable[Row]) -> None:
    with pa.CompressedOutputStream(str(path), "zstd") as stream:
        stream.write("".join(json.dumps(row) + "\n" for row in rows).encode())


def _write_parquet(path: Path, rows: Iterable[Row]) -> None:
    pq.write_table(pa.Table.from_pylist(list(rows)), path)


def _delimited(delimiter: str) -> Callable[[Path, Iterable[Row]], None]:
    def write(path: Path, rows: Iterable[Row]) -> None:
        rows = list(rows)
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, fieldnames=list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
        path.write_bytes(out.getvalue().encode())

    return write


WRITERS: dict[str, Callable[[Path, Iterable[Row]], None]] = {
    "rows.jsonl": write_jsonl,
    "rows.json": _write_json,
    "wrapped.json": _write_wrapped,
    "rows.jsonl.gz": _write_gz,
    "rows.jsonl.zst": _write_zst,
    "rows.parquet": _write_parquet,
    "rows.csv": _delimited(","),
    "rows.tsv": _delimited("\t"),
}
"""File name to what writes rows in its way."""


def read(dataset: Dataset) -> list[Row]:
    """All rows of a set; every batch is checked against the schema."""
    rows: list[Row] = []
    for batch in dataset.batches():
        batch.validate(full=True)
        assert batch.schema.equals(ROWS)
        rows += batch.to_pylist()
    return rows


def turns(row: Row) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in row["turns"]]
