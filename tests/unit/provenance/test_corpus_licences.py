"""Licences that a column says: rows without one have none, and what is published names those that were found, with their counts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from holdfast.provenance import bill_of_data, croissant, diff, read_version, retract, show_row, trace, version_id, write_version
from holdfast.provenance.index import INDEX_NOTE, read_origins


@pytest.fixture
def by_column(corpus: Path) -> Path:
    """A corpus whose source 'crawl' says the licence of each document in a column."""
    version = read_version(corpus)
    write_version(
        corpus, replace(version, sources=tuple(replace(one, licence="$lic") if one.name == "crawl" else one for one in version.sources))
    )
    return corpus


def licences(corpus: Path) -> Iterator[tuple[str, str | None]]:
    for shard in read_version(corpus).shards:
        for row in read_origins(corpus / shard.provenance, ["source", "licence"]).to_pylist():
            yield row["source"], row["licence"]


def test_a_row_without_a_licence_has_none(by_column: Path) -> None:
    found = Counter(licence or "not stated" for source, licence in licences(by_column) if source == "crawl")
    held: Counter[str] = Counter()
    for one in trace(by_column, "crawl").shards:
        held.update(one.licences)
    assert held == found
    assert found["not stated"] > 50
    shard = read_version(by_column).shards[0]
    rows = read_origins(by_column / shard.provenance, ["source", "licence"]).to_pylist()
    without = next(n for n, row in enumerate(rows) if row["source"] == "crawl" and row["licence"] is None)
    assert show_row(by_column, f"{shard.name}:{without}").licence is None
    assert "$lic" not in diff(by_column, by_column).by_licence


def test_papers_name_the_licences_that_were_found_with_their_counts(by_column: Path) -> None:
    version = read_version(by_column)
    counts = Counter(licence or "not stated" for source, licence in licences(by_column) if source == "crawl")
    made = croissant(by_column, version)
    assert made["license"] == ["CC-BY-4.0", "CC0-1.0"]
    for name, count in counts.items():
        assert f"{name} {count:,}" in made["rai:dataCollection"]
    bill = bill_of_data(by_column, version, holdfast="0")
    crawl = next(one for one in bill["components"] if one["name"] == "crawl")
    assert [one["license"]["name"] for one in crawl["licenses"]] == ["CC-BY-4.0", "CC0-1.0"]
    said = next(one["value"] for one in crawl["properties"] if one["name"] == "holdfast:kept_by_licence")
    assert all(f"{name} {count}" in said for name, count in counts.items())
    assert "$" not in json.dumps(
        [made["license"], made["rai:dataCollection"], bill["components"], bill["metadata"]["component"]["licenses"]]
    )


def test_a_retraction_counts_what_is_left(by_column: Path, tmp_path: Path) -> None:
    retract(by_column, trace(by_column, "h0.site0.example"), tmp_path / "new", why="poisoned")
    left = Counter(licence or "not stated" for source, licence in licences(tmp_path / "new") if source == "crawl")
    said = croissant(tmp_path / "new", read_version(tmp_path / "new"))["rai:dataCollection"]
    assert f"CC0-1.0 {left['CC0-1.0']:,}" in said


def test_an_index_of_an_earlier_form_is_made_again(by_column: Path) -> None:
    trace(by_column, "crawl")
    note = json.loads((by_column / INDEX_NOTE).read_bytes())
    assert note["corpus"] == version_id(read_version(by_column))
    before = (by_column / "trace.parquet").stat().st_mtime_ns
    (by_column / INDEX_NOTE).write_text(json.dumps({name: value for name, value in note.items() if name != "schema"}), encoding="utf-8")
    trace(by_column, "crawl")
    assert (by_column / "trace.parquet").stat().st_mtime_ns > before
