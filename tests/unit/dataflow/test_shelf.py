from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from tests.unit.dataflow import shard_functions as functions

from holdfast.core import RunFolderError, WorkerError
from holdfast.dataflow import Shelf, Shelved, run

TABLE = pa.table({"n": [1, 2, 3], "text": ["a", None, "雪"]})


def test_what_was_put_is_taken(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf", "key")
    assert not shelf.has("s0")
    shelf.put("s0", {"findings": TABLE, "kept": TABLE.select(["n"])})
    assert shelf.has("s0")
    taken = shelf.take("s0")
    assert taken["findings"].equals(TABLE)
    assert taken["kept"].equals(TABLE.select(["n"]))


def test_a_column_is_read_over_shards_in_their_order(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, "key")
    for name, first in (("a", 0), ("b", 10)):
        shelf.put(name, {"kept": pa.table({"n": [first, first + 1]})})
    assert shelf.column(["b", "a"], "kept", "n").to_pylist() == [10, 11, 0, 1]


def test_results_of_other_data_are_not_taken(tmp_path: Path) -> None:
    Shelf(tmp_path, "old data").put("s0", {"kept": TABLE})
    assert not Shelf(tmp_path, "new data").has("s0")
    with pytest.raises(RunFolderError, match="the result of 's0' is missing or damaged"):
        Shelf(tmp_path, "new data").take("s0")


@pytest.mark.parametrize("damage", ["truncate", "change", "remove", "marker"])
def test_a_damaged_result_is_made_again(tmp_path: Path, damage: str) -> None:
    shelf = Shelf(tmp_path, "key")
    shelf.put("s0", {"kept": TABLE})
    path = shelf.path("s0", "kept")
    data = path.read_bytes()
    if damage == "truncate":
        path.write_bytes(data[:-1])
    elif damage == "change":
        path.write_bytes(data[:50] + bytes([data[50] ^ 1]) + data[51:])
    elif damage == "remove":
        path.unlink()
    else:
        (tmp_path / "s0.json").write_bytes(b"{")
    assert not shelf.has("s0")
    shelf.put("s0", {"kept": TABLE})
    assert shelf.take("s0")["kept"].equals(TABLE)


def test_no_draft_is_left_where_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(draft: Path, target: Path) -> None:
        assert draft.stat().st_size > 0
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        Shelf(tmp_path, "key").put("s0", {"kept": TABLE})
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_a_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a shard's name must be letters"):
        Shelf(tmp_path, "key").put("../s0", {"kept": TABLE})


def test_a_killed_job_goes_on_where_it_stopped(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    shelf = Shelf(tmp_path / "shelf", "key")
    job = Shelved(functions.CountedTables(marks, dies_at=4), shelf, functions.shard_name)
    with pytest.raises(WorkerError, match="shard-004"):
        list(run(range(6), job, engine="processes", workers=1, name=functions.shard_name))
    assert shelf.has("shard-003")
    assert not shelf.has("shard-004")
    job = Shelved(functions.CountedTables(marks), shelf, functions.shard_name)
    names = list(run(range(6), job, engine="processes", workers=2))
    assert names == [f"shard-{number:03d}" for number in range(6)]
    assert shelf.column(names, "squares", "square").to_pylist() == [0, 1, 4, 9, 16, 25]
    assert {mark.name: len(mark.read_text(encoding="utf-8")) for mark in marks.iterdir()} == {str(number): 1 for number in range(6)}


def test_a_result_that_was_half_written_when_the_process_was_killed_does_not_count(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys, pyarrow as pa\n"
        "from pathlib import Path\n"
        "import holdfast.dataflow.shelf as module\n"
        "real = module.digest_file\n"
        "def die(path):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "module.digest_file = die\n"
        "module.Shelf(Path(sys.argv[1]), 'key').put('s0', {'kept': pa.table({'n': [1]})})\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert done.returncode == -9
    assert [path.name for path in tmp_path.iterdir()] == ["s0.kept.parquet"]
    assert not Shelf(tmp_path, "key").has("s0")
