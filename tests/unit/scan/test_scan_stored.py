"""A finished scan whose findings are gone, cut or exchanged answers nothing: one sentence, and no clean row."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from tests.e2e.holdfast_cli import holdfast
from tests.unit.scan.small import detectors, row, scan, write

from holdfast.core import RunFolderError
from holdfast.scan.stored import findings_file


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def other(path: Path) -> None:
    parquet.write_table(pa.table({"row": [1]}), path)


def fewer(path: Path) -> None:
    parquet.write_table(parquet.read_table(path).slice(1), path)


@pytest.mark.parametrize("harm", [Path.unlink, cut, other, fewer, lambda path: path.write_bytes(b"")])
def test_a_scan_without_its_findings_is_refused(harm: Callable[[Path], object], tmp_path: Path) -> None:
    data = write(tmp_path / "a.jsonl", [row("a", "LOUD"), row("a", "LOUD"), row("b", "c")])
    scan(data, tmp_path / "run")
    scan(data, tmp_path / "run")
    harm(findings_file(tmp_path / "run"))
    with pytest.raises(RunFolderError, match=r"findings\.parquet.*Choose another folder with --run"):
        scan(data, tmp_path / "run")


@pytest.mark.parametrize("asked", [(), ("--explain", "a.jsonl:1"), ("--fix", "drop", "--fix-out", "new.jsonl"), ("--sarif", "a.sarif")])
def test_the_command_says_so_in_one_sentence(
    asked: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    data = write(tmp_path / "a.jsonl", [row("a", "LOUD"), row("b", "c")])
    arguments = ("scan", data, "--run", "run", "--only", "shouting")
    with detectors():
        assert holdfast(monkeypatch, capsys, *arguments, "--quiet").code in (0, 3, 4)
        cut(findings_file(Path("run")))
        said = holdfast(monkeypatch, capsys, *arguments, *asked)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert re.match(r"holdfast: run/evidence/findings\.parquet: expected the findings", said.err)
    assert not Path("new.jsonl").exists()
