"""A run folder answers for what was scanned, by what: other rows or another judge are another scan, whatever their names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from msgspec.structs import replace
from tests.unit.scan.small import detectors, row, write

from holdfast.core import RunFolderError
from holdfast.plugins import ScanOptions
from holdfast.scan import ScanResult, ScanSpec, prepare, run_scan


def model(folder: Path, weights: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "model.safetensors").write_text(weights, encoding="utf-8")
    return folder


@pytest.mark.parametrize("form", [("toxicity", "{}"), ("toxicity", "toxicity/insult={}"), ("judge", "guard/qwen3={}")])
def test_another_model_at_the_same_path_is_another_scan(form: tuple[str, str], tmp_path: Path) -> None:
    folder = model(tmp_path / "m", "harmless")
    options = replace(ScanOptions(), **{form[0]: form[1].format(folder)})
    spec = ScanSpec(data=str(write(tmp_path / "a.jsonl", [row("a", "b")])), only=("shouting",), options=options)
    with detectors():
        run_scan(spec, tmp_path / "run", command="scan", version="test")
        run_scan(spec, tmp_path / "run", command="scan", version="test")
        before = prepare(spec).identity
        model(folder, "toxic")
        assert prepare(spec).identity != before
        with pytest.raises(RunFolderError, match=f"holds another run: options.{form[0]}.sha256"):
            run_scan(spec, tmp_path / "run", command="scan", version="test")


def in_memory(rows: Any, run: Path) -> ScanResult:
    with detectors():
        spec = ScanSpec(data="rows in memory", only=("shouting",))
        return run_scan(spec, run, command="scan", version="test", job=prepare(spec, rows))


GOOD: list[Any] = [row(f"request {n}", f"answer {n}") for n in range(60)]
BAD: dict[str, Any] = {"foo": 1}


@pytest.mark.parametrize("other", [[*GOOD, BAD], [BAD, *GOOD], GOOD[:-1], [*GOOD, "text"]])
def test_rows_in_memory_are_told_apart_also_by_those_that_cannot_be_read(other: list[Any], tmp_path: Path) -> None:
    assert in_memory(GOOD, tmp_path / "run").bad_row_count == 0
    assert in_memory(list(GOOD), tmp_path / "run").bad_row_count == 0
    with pytest.raises(RunFolderError, match="holds another run: data"):
        in_memory(other, tmp_path / "run")


def test_bad_rows_of_other_kinds_are_other_data(tmp_path: Path) -> None:
    in_memory([*GOOD, BAD], tmp_path / "run")
    for other in ([*GOOD, BAD, BAD], [*GOOD, 5]):
        with pytest.raises(RunFolderError, match="holds another run: data"):
            in_memory(other, tmp_path / "run")


def test_a_table_in_memory_is_told_apart_too(tmp_path: Path) -> None:
    rows = [{"prompt": f"request {n}", "completion": f"answer {n}"} for n in range(20)]
    in_memory(pa.Table.from_pylist(rows), tmp_path / "run")
    with pytest.raises(RunFolderError, match="holds another run: data"):
        in_memory(pa.Table.from_pylist([*rows, {"prompt": None, "completion": None}]), tmp_path / "run")
