"""`trace`: the index gives what a pass over every provenance file gives."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from msgspec.structs import replace

from holdfast.core import InputError, digest_file
from holdfast.provenance import read_version, retract, trace, write_version
from holdfast.provenance.index import INDEX_FILE, INDEX_NOTE, open_index, read_origins


def counted(corpus: Path, wanted: object) -> dict[str, int]:
    """Count rows by shard, the slow way."""
    version = read_version(corpus)
    assert callable(wanted)
    found = Counter(shard.name for shard in version.shards for row in read_origins(corpus / shard.provenance).to_pylist() if wanted(row))
    return dict(found)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("crawl", lambda row: row["source"] == "crawl"),
        ("h0.site0.example", lambda row: row["host"] == "h0.site0.example"),
        ("site0.example", lambda row: (row["host"] or "").endswith(".site0.example")),
        ("SITE0.Example.", lambda row: (row["host"] or "").endswith(".site0.example")),
        ("writer 5", lambda row: row["author"] == "writer 5"),
        ("https://h3.site3.example/*", lambda row: (row["url"] or "").startswith("https://h3.site3.example/")),
        ("https://h3.site3.example/125", lambda row: row["url"] == "https://h3.site3.example/125"),
        ("canary", lambda row: row["source"] == "canary"),
    ],
)
def test_a_trace_finds_what_a_full_pass_finds(corpus: Path, value: str, wanted: object) -> None:
    kind = "source" if value == "canary" else None
    found = trace(corpus, value, kind)
    expected = counted(corpus, wanted)
    assert expected
    assert {held.shard: held.rows for held in found.shards} == expected
    assert all(sum(held.licences.values()) == held.rows for held in found.shards)


def test_dates_and_licences_are_those_of_the_rows(corpus: Path) -> None:
    version = read_version(corpus)
    rows = [row for row in read_origins(corpus / version.shards[0].provenance).to_pylist() if row["author"] == "writer 5"]
    held = trace(corpus, "writer 5").shards[0]
    assert (held.first, held.last) == (min(row["date"] for row in rows), max(row["date"] for row in rows))
    assert held.licences == dict(sorted(Counter(row["licence"] or "not stated" for row in rows).items()))
    # 'books' declares a licence, so its rows without one of their own have that.
    held = trace(corpus, "books").shards[0]
    rows = [row for row in read_origins(corpus / version.shards[1].provenance).to_pylist() if row["source"] == "books"]
    assert held.licences == dict(sorted(Counter(row["licence"] or "CC-BY-4.0" for row in rows).items()))


def test_exact_leaves_out_the_hosts_below(corpus: Path) -> None:
    assert trace(corpus, "h0.site0.example", below=False).rows == trace(corpus, "h0.site0.example").rows
    with pytest.raises(InputError, match="is no host"):
        trace(corpus, "site0.example", "host", below=False)
    # A name that only ends alike is another host.
    with pytest.raises(InputError, match="is no"):
        trace(corpus, "ite0.example")


def test_the_index_is_made_once_and_again_where_it_does_not_fit(corpus: Path) -> None:
    first = trace(corpus, "crawl")
    index, before = corpus / INDEX_FILE, (corpus / INDEX_FILE).read_bytes()
    stamp = os.stat(index).st_mtime_ns
    assert trace(corpus, "crawl") == first
    assert os.stat(index).st_mtime_ns == stamp
    for damage in (lambda: index.write_bytes(before[:-9]), index.unlink, (corpus / INDEX_NOTE).unlink):
        damage()
        assert trace(corpus, "crawl") == first
        assert index.read_bytes() == before, "the same corpus gives the same index"


def test_a_corpus_that_cannot_be_written_is_traced_all_the_same(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = trace(corpus, "site0.example")
    (corpus / INDEX_NOTE).unlink()

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "read only", str(target))

    monkeypatch.setattr(Path, "replace", refuse)
    assert trace(corpus, "site0.example") == expected


def test_an_index_is_not_made_from_a_changed_file(corpus: Path) -> None:
    version = read_version(corpus)
    path = corpus / version.shards[1].provenance
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match=f"{version.shards[1].provenance}: is not the file"):
        open_index(corpus, version)


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        ("h0.site0.exampl", None, "Did you mean 'h0.site0.example'"),
        ("crawls", None, "Did you mean 'crawl'"),
        ("x", "hots", "--kind 'hots' is not known"),
        ("", None, "got an empty one"),
        ("not a url", "url", "is no URL with a host"),
        ("https://", None, "is no URL with a host"),
        ("https://[::1", None, "is no URL with a host"),
        ("h3.site3.example", "author", "is no author"),
    ],
)
def test_what_cannot_be_traced_is_said_in_a_sentence(corpus: Path, value: str, kind: str | None, said: str) -> None:
    with pytest.raises(InputError, match=said.replace("[", r"\[")):
        trace(corpus, value, kind)


def test_a_folder_that_is_no_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a corpus that `holdfast corpus run` wrote"):
        trace(tmp_path, "x")


NEIGHBOURS = [
    "site0.example",
    "a.site0.example",
    "b.a.site0.example",
    "site0x.example",
    "site0-x.example",
    "xsite0.example",
    "site0.example.evil",
]


def test_a_host_is_no_neighbour_whose_name_begins_or_ends_alike(corpus: Path, tmp_path: Path) -> None:
    version = read_version(corpus)
    shard = version.shards[0]
    path = corpus / shard.provenance
    origins = read_origins(path)
    hosts = pa.array([NEIGHBOURS[row % len(NEIGHBOURS)] for row in range(len(origins))])
    place = origins.schema.get_field_index("host")
    parquet.write_table(origins.set_column(place, origins.schema.field(place), hosts.dictionary_encode()), path)
    write_version(corpus, replace(version, shards=(replace(shard, provenance_sha256=digest_file(path)), *version.shards[1:])))
    of_it = sum(hosts.to_pylist().count(name) for name in NEIGHBOURS[:3])
    found = trace(corpus, "site0.example", "host")
    assert found.shards[0].rows == of_it
    assert trace(corpus, "site0.example", "host", below=False).rows == hosts.to_pylist().count("site0.example")
    retract(corpus, found, tmp_path / "new")
    left = read_origins(tmp_path / "new" / shard.provenance)["host"].to_pylist()
    assert left == [name for name in hosts.to_pylist() if name not in NEIGHBOURS[:3]]
