"""What a run writes and counts: cuts, redaction, files whose bytes depend on the rows alone, hosts in bounded memory."""

from __future__ import annotations

import gzip
import json
import pickle
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import zstandard

from holdfast.core import InputError
from holdfast.corpus import hosts
from holdfast.corpus.edits import cut_out
from holdfast.corpus.files import check_output, open_rows, sweep
from holdfast.corpus.redacting import Redaction
from holdfast.corpus.spec import OutputSettings
from holdfast.corpus.steps import CUTS
from holdfast.corpus.writing import ROWS

DAY = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def rows(count: int) -> pa.Table:
    return pa.table([[f"text {n} \u4f60\n" for n in range(count)], [None] * count, [DAY] * count], schema=ROWS)


def test_stretches_are_cut_by_bytes_and_other_texts_stay() -> None:
    texts = pa.array(["a\u00e9\nmenu\nb\n", "menu\n", "untouched"], pa.large_string()).slice(0)
    cuts = pa.table([[7, 7, 9], [0, 9, 0], [4, 11, 5]], schema=CUTS)
    made, changed = cut_out(texts, np.array([7, 9, 30]), cuts)
    assert made.to_pylist() == ["menu\n", "", "untouched"]
    assert changed.tolist() == [True, True, False]


def expanded(form: str, data: bytes) -> bytes:
    if form == "jsonl.zst":
        held: bytes = zstandard.ZstdDecompressor().stream_reader(data).read()
        return held
    return gzip.decompress(data) if form == "jsonl.gz" else data


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "jsonl.zst", "parquet"])
def test_the_same_rows_are_the_same_bytes(form: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        with open_rows(tmp_path / name, ROWS, OutputSettings(format=form)) as stream:
            stream.write(rows(3))
            stream.write(rows(2))
    data = (tmp_path / "a").read_bytes()
    assert data == (tmp_path / "b").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    if form != "parquet":
        lines = expanded(form, data).decode().splitlines()
        assert json.loads(lines[3]) == {"text": "text 0 \u4f60\n", "date": "2026-03-01T12:30:00Z"}


def write_and_fail(path: Path) -> None:
    with open_rows(path, ROWS, OutputSettings(format="jsonl")) as stream:
        stream.write(rows(1))
        raise ZeroDivisionError


def test_a_file_that_failed_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        write_and_fail(tmp_path / "a")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("form", "level"), [("csv", 3), ("jsonl.gz", 12), ("parquet", 0)])
def test_an_output_that_cannot_be_written_is_refused(form: str, level: int) -> None:
    with pytest.raises(InputError, match=r"output\.(format|level)"):
        check_output(OutputSettings(format=form, level=level))


def test_redaction_travels_and_changes_only_what_it_finds() -> None:
    redact: Redaction = pickle.loads(pickle.dumps(Redaction("personal-data")))
    texts = pa.array(["nothing here", "mail jane@roe-family.net now"], pa.large_string())
    assert redact(texts).to_pylist() == ["nothing here", "mail [EMAIL] now"]
    with pytest.raises(InputError, match=r"redact: 'personal' is not known. Did you mean 'personal-data'"):
        Redaction("personal")
    with pytest.raises(InputError, match="finds, and cannot redact"):
        Redaction("mojibake")


def test_hosts_are_ranked_by_share_and_small_ones_let_go_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_MOST", 3)
    counts = hosts.HostCounts()
    for part in range(4):
        names = pa.chunked_array([["big.example"] * 40 + ["bad.example"] * 10 + [f"h{part}-{n}.example" for n in range(5)] + [None]])
        gone = pa.array([n % 40 == 0 for n in range(40)] + [True] * 10 + [True] * 5 + [True])
        counts.add([hosts.hosts_of_shard(names, gone, 0)])
    assert [(one.host, one.source, one.documents, one.removed) for one in counts.worst(["web"])] == [
        ("bad.example", "web", 40, 40),
        ("big.example", "web", 160, 4),
    ]


def test_what_killed_writers_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / "shards").mkdir()
    (tmp_path / "measures/facts-1").mkdir(parents=True)
    for name in ("shards/.00000.jsonl.host.17.part", "measures/facts-1/a.facts.parquet.17.draft", "shards/00000.jsonl"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    sweep(tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["00000.jsonl"]
