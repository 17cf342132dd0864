"""A place is found however it is written, and a row that was not read is never called clean."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.unit.scan.small import detectors, row, write

from holdfast.core import InputError
from holdfast.scan import ScanJob, ScanSpec, prepare, record_at, run_scan, to_sarif


def job_of(data: Path | str, **spec: int) -> ScanJob:
    with detectors():
        return prepare(ScanSpec(data=str(data), only=("shouting",), max_bad_rows=spec.get("max_bad_rows")))


def test_names_paths_and_sarif_addresses_all_lead_to_the_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fx" / "more").mkdir(parents=True)
    data = write(tmp_path / "fx" / "more" / "a b.jsonl", [row("a", "b"), row("a", "LOUD")])
    ways = ["fx/more/a b.jsonl:2", "./fx/more/a b.jsonl:2", f"{data}:2", "fx/more/a%20b.jsonl:2"]
    for given, name in (("fx/more/a b.jsonl", "a b.jsonl"), ("fx", "more/a b.jsonl"), ("./fx/", "more/a b.jsonl")):
        job = job_of(given)
        assert {record_at(job, way) for way in (*ways, f"{name}:2", f"{name}:02")} == {f"{name}:2"}
    with detectors():
        result = run_scan(job.spec, tmp_path / "run", command="scan", version="test", job=job)
    place = json.loads(to_sarif(result, tmp_path / "run"))["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert record_at(job, f"{place['artifactLocation']['uri']}:{place['region']['startLine']}") == "more/a b.jsonl:2"


@pytest.mark.parametrize("line", ["0", "3", "4", "999", "9" * 18])
def test_a_line_at_which_no_row_begins_is_refused(line: str, tmp_path: Path) -> None:
    data = write(tmp_path / "a.jsonl", [row("a", "b"), row("c", "d")])
    data.write_text(data.read_text(encoding="utf-8") + "\n\n", encoding="utf-8")
    with pytest.raises(InputError, match=f"no row begins at line {line} of a.jsonl"):
        record_at(job_of(data), f"a.jsonl:{line}")


@pytest.mark.parametrize(
    "place", ["a.jsonl", "b.jsonl:1", ":1", "a.jsonl:", "a.jsonl:-1", "a.jsonl:x", "a.jsonl:²", f"a.jsonl:{'9' * 5000}"]
)
def test_what_is_no_place_is_refused(place: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape("expected FILE:LINE with a file of the data, for example a.jsonl:1")):
        record_at(job_of(write(tmp_path / "a.jsonl", [row("a", "b")])), place)


def test_a_bad_row_beyond_those_that_a_scan_lists_is_refused_too(tmp_path: Path) -> None:
    data = write(tmp_path / "a.jsonl", [row("a", "b")])
    data.write_text(data.read_text(encoding="utf-8") + "broken\n" * 150, encoding="utf-8")
    job = job_of(data, max_bad_rows=200)
    with detectors():
        assert len(run_scan(job.spec, tmp_path / "run", command="scan", version="test", job=job).bad_rows) == 100
    for line in (2, 150, 151):
        with pytest.raises(InputError, match=f"a.jsonl:{line} could not be read"):
            record_at(job, f"a.jsonl:{line}")
    assert record_at(job, "a.jsonl:1") == "a.jsonl:1"
