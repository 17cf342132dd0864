"""Columns that the configuration names: one that is nowhere stops the run, and dates that cannot be read are counted and named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from holdfast.core import InputError
from holdfast.corpus.result import CorpusResult, read_result
from holdfast.corpus.run import run_corpus
from holdfast.corpus.running import EngineSettings
from holdfast.corpus.spec import CorpusSpec, OutputSettings, SourceSpec
from holdfast.report.corpus_html import write_corpus_html
from holdfast.report.corpus_terminal import corpus_lines

_MB = 1 << 20


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda descriptor: None)


def run(folder: Path, **source: Any) -> CorpusResult:
    spec = CorpusSpec(
        name="small",
        sources=(SourceSpec(**{"name": "web", "path": str(folder / "data"), **source}),),
        output=OutputSettings(format="jsonl"),
    )
    return run_corpus(spec, folder / "out", command="", version="0", engine=EngineSettings("plain"))


def lines(folder: Path, rows: list[dict[str, Any]], name: str = "a.jsonl") -> None:
    (folder / "data").mkdir(exist_ok=True)
    data = "".join(json.dumps({"text": f"Document {n} of {name} with words.", **row}) + "\n" for n, row in enumerate(rows))
    (folder / "data" / name).write_text(data, encoding="utf-8")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"date": "nodate"}, "sources: web: no document has the column 'nodate' that `date` names."),
        ({"author": "nosuchcol"}, "no document has the column 'nosuchcol' that `author` names."),
        ({"licence": "$nolic"}, "no document has the column 'nolic' that `licence` names."),
        ({"url": "meta.link"}, "no document has the column 'meta.link' that `url` names."),
    ],
)
@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_column_that_is_nowhere_stops_the_run(source: dict[str, str], said: str, ending: str, tmp_path: Path) -> None:
    if ending == "jsonl":
        lines(tmp_path, [{"meta": {"url": "x"}, "day": "2026-11-03"}] * 3)
    else:
        (tmp_path / "data").mkdir()
        parquet.write_table(pa.table({"text": ["one", "two"], "day": ["2026-11-03"] * 2}), tmp_path / "data/a.parquet")
    with pytest.raises(InputError) as caught:
        run(tmp_path, **source)
    assert said in str(caught.value)
    assert not (tmp_path / "out/corpus.json").exists()
    assert run(tmp_path / "again", path=str(tmp_path / "data"), date="day").notes == (), "the usual url may be missing"


def test_a_column_in_one_of_many_files_is_enough_and_an_empty_one_is_said(tmp_path: Path) -> None:
    lines(tmp_path, [{"by": None, "meta": {"link": None}}] * 3)
    lines(tmp_path, [{"day": "2026-11-03"}] * 3, "b.jsonl")
    found = run(tmp_path, author="by", url="meta.link", date="day")
    assert found.notes == (
        "Source web: the column 'meta.link' (url) is there, and empty in every document.",
        "Source web: the column 'by' (author) is there, and empty in every document.",
    )


def test_dates_that_cannot_be_read_are_counted_and_named(tmp_path: Path) -> None:
    days: list[Any] = ["2026-11-03", "soon", None, "", ["2026-11-03"], {"$oid": "x"}, 20261103, True, {"$date": "2026-11-03"}]
    lines(tmp_path, [{"day": day} for day in days] + [{}])
    parquet.write_table(
        pa.table({"text": ["A text in a table.", "Another text there."], "day": ["2026-11-03", "late"]}), tmp_path / "data/b.parquet"
    )
    found = run(tmp_path, date="day")
    note = "Source web: 5 of 9 dates cannot be read, the first at a.jsonl:2, a.jsonl:5, a.jsonl:6; these documents count as undated."
    assert found.notes == (note,)
    assert read_result(tmp_path / "out") == found
    assert any(note in line for line in corpus_lines(found))
    write_corpus_html(found, tmp_path / "page.html")
    assert "dates cannot be read, the first at" in (tmp_path / "page.html").read_text(encoding="utf-8").replace("\u00a0", " ")
    rows = [json.loads(line) for line in (tmp_path / "out/shards/00000.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row.get("date", "")[:10] for row in rows] == ["2026-11-03" if place in (0, 6, 8) else "" for place in range(10)]


def test_a_place_counts_from_the_beginning_of_the_file_whatever_the_shards(tmp_path: Path) -> None:
    rows = [{"day": "2026-11-03", "more": "x" * 100} for _ in range(20_000)]
    rows[18_000]["day"] = "never"
    lines(tmp_path, rows)
    source = SourceSpec(name="web", path=str(tmp_path / "data"), date="day")
    spec = CorpusSpec(name="cut", sources=(source,), shard_size=_MB, output=OutputSettings(format="jsonl"))
    found = run_corpus(spec, tmp_path / "out", command="", version="0", engine=EngineSettings("plain"))
    assert len(found.version.shards) > 1
    assert found.notes == ("Source web: 1 of 20,000 dates cannot be read, it stands at a.jsonl:18001; this document counts as undated.",)
