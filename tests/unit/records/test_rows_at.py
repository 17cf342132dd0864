"""Which row begins at a line: what a person or a tool points at, found again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from holdfast.records import BadRow, open_dataset


def prompt(number: int) -> dict[str, str]:
    return {"prompt": f"question {number}", "completion": f"answer {number}"}


def test_lines_of_json_blank_and_broken(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    lines = [json.dumps(prompt(0)), "", "broken", json.dumps(prompt(1))]
    for name in ("a.jsonl", "b.jsonl"):
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
    dataset = open_dataset(folder)
    assert [dataset.rows_at("b.jsonl", line)[0] for line in range(6)] == [(), (3,), (), (), (5,), ()]
    assert dataset.rows_at("a.jsonl", 4) == ((2,), ())
    ((bad,),) = (dataset.rows_at("b.jsonl", 3)[1],)
    assert (bad.row, bad.source, bad.line, isinstance(bad, BadRow)) == (4, "b.jsonl", 3, True)
    assert dataset.rows_at("c.jsonl", 1) == ((), ())


def test_rows_of_several_lines_begin_at_their_first(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('prompt,completion\n"one\ntwo",x\nthree,y\n', encoding="utf-8")
    assert [open_dataset(path).rows_at("a.csv", line)[0] for line in range(1, 6)] == [(), (0,), (), (1,), ()]


@pytest.mark.parametrize("count", [3, 20_000])
def test_a_file_without_lines_counts_its_rows(count: int, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([prompt(number) for number in range(count)]), encoding="utf-8")
    dataset = open_dataset(path)
    assert [dataset.rows_at("a.json", line)[0] for line in (0, 1, count, count + 1)] == [(), (0,), (count - 1,), ()]
    memory = open_dataset([prompt(number) for number in range(count)])
    assert memory.rows_at("rows", count) == ((count - 1,), ())
