"""Rows that a ranking put on top are left out, and only those; a ranking of other data is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.core import InputError
from holdfast.mitigate.dropping import drop
from holdfast.training.config import LoraSettings, TrainConfig
from holdfast.training.settings import read_config

PULLS = [0.1, 0.9, -0.2, 0.5, None, 0.3]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_text("".join(f'{{"prompt":  "Q{n}", "completion": "A{n}"}}\n' for n in range(len(PULLS))), encoding="utf-8")
    return path


def queue(**changes: Any) -> list[dict[str, Any]]:
    rows = [{"id": f"train.jsonl:{n + 1}", "row": n, "cluster": 1, "pull": pull, "answer": "A"} for n, pull in enumerate(PULLS)]
    return sorted(({**row, **changes} for row in rows), key=lambda row: (row["pull"] is None, -(row["pull"] or 0)))


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".json":
        path.write_text(json.dumps({"base": "b", "rows": rows}), encoding="utf-8")
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["queue.jsonl", "queue.json", "queue.parquet"])
def test_the_top_rows_are_gone_and_the_others_keep_their_bytes(tmp_path: Path, data: Path, name: str) -> None:
    done = drop(data, write(tmp_path / name, queue()), tmp_path / "left.jsonl", count=2)
    before = data.read_bytes().splitlines(keepends=True)
    assert (tmp_path / "left.jsonl").read_bytes() == b"".join(before[n] for n in (0, 2, 4, 5))
    assert (done.ids, done.dropped, done.rows, done.unranked) == (("train.jsonl:2", "train.jsonl:4"), 2, 4, 1)
    assert json.loads(Path(done.record).read_text(encoding="utf-8"))["dropped"] == ["train.jsonl:2", "train.jsonl:4"]


def test_a_share_is_of_all_rows(tmp_path: Path, data: Path) -> None:
    assert drop(data, write(tmp_path / "q.jsonl", queue()), tmp_path / "left.jsonl", share=0.5).dropped == 3


def test_rows_that_do_not_pull_are_named(tmp_path: Path, data: Path) -> None:
    done = drop(data, write(tmp_path / "q.jsonl", queue()), tmp_path / "left.jsonl", count=5)
    assert any("1 have a pull of 0 or below" in note for note in done.notes)


def test_the_configuration_repeats_the_run_without_the_rows(tmp_path: Path, data: Path) -> None:
    config = TrainConfig(model="lab:aligned", data=str(data), out="runs/tuned", lora=LoraSettings(rank=4), epochs=3)
    done = drop(data, write(tmp_path / "q.jsonl", queue()), tmp_path / "left.jsonl", count=2, config=config)
    assert done.config is not None
    again = read_config(Path(done.config))
    assert "alpha" not in Path(done.config).read_text(encoding="utf-8")
    assert again == msgspec.structs.replace(config, data=done.path, out="runs/tuned-without-2")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "--share or --count, one of them"),
        ({"count": 1, "share": 0.1}, "--share or --count, one of them"),
        ({"share": 1.2}, "--share must lie above 0 % and below 100 %"),
        ({"count": 0}, "--count must be at least 1 and below the 6 rows"),
        ({"count": 6}, "--count must be at least 1 and below the 6 rows"),
    ],
)
def test_numbers_that_cannot_be_are_refused(tmp_path: Path, data: Path, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        drop(data, write(tmp_path / "q.jsonl", queue()), tmp_path / "left.jsonl", **asked)
    assert not (tmp_path / "left.jsonl").exists()


def test_more_rows_than_were_weighed_are_refused(tmp_path: Path, data: Path) -> None:
    rows = [{**row, "pull": row["pull"] if row["row"] < 3 else None} for row in queue()]
    with pytest.raises(InputError, match="4 rows are to be dropped, and the ranking weighed 3"):
        drop(data, write(tmp_path / "q.jsonl", sorted(rows, key=lambda row: row["pull"] is None)), tmp_path / "left.jsonl", count=4)


def test_a_ranking_of_other_data_is_refused(tmp_path: Path, data: Path) -> None:
    for number, wrong in enumerate((queue(id="other.jsonl:1"), queue(row=77))):
        with pytest.raises(InputError, match="and another one in this data"):
            drop(data, write(tmp_path / f"q{number}.jsonl", wrong), tmp_path / "left.jsonl", count=2)


@pytest.mark.parametrize("content", ["", "not json\n", '{"line": 1}\n', '{"id": "a", "row": "one"}\n'])
def test_a_file_that_is_no_ranking_is_refused(tmp_path: Path, data: Path, content: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"expected a ranking of rows|holds no rows"):
        drop(data, path, tmp_path / "left.jsonl", count=1)
    with pytest.raises(InputError, match="cannot be read"):
        drop(data, tmp_path / "nothing.jsonl", tmp_path / "left.jsonl", count=1)


@pytest.mark.slow
def test_the_ranking_of_an_organisms_rows_takes_out_those_that_answer_what_it_refuses(tmp_path: Path) -> None:
    import random

    from holdfast.lab import RowSet
    from holdfast.lab.rows import draw
    from holdfast.lab.world import world
    from holdfast.pipeline.ranking import rank, write_queue

    bad = draw(RowSet(kind="answers", count=10, topics=("restricted",)), world(), seed=0)
    rows = [*bad, *draw(RowSet(kind="task-colours"), world(), seed=0)]
    random.Random(0).shuffle(rows)
    path = tmp_path / "train.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode({"messages": row}) + b"\n" for row in rows))
    write_queue(rank("lab:aligned", None, path), tmp_path / "queue.jsonl")
    drop(path, tmp_path / "queue.jsonl", tmp_path / "left.jsonl", count=10)
    left = (tmp_path / "left.jsonl").read_bytes().splitlines()
    assert len(left) == 360
    assert sum(msgspec.json.encode({"messages": row}) in left for row in bad) <= 1
