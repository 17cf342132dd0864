"""Cutting and reading: whatever the shard size, every document is read once, with its place, and what cannot be read is counted."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.core import InputError
from holdfast.corpus.sources import line_blocks, opening, tables
from holdfast.corpus.sources.cutting import cut
from holdfast.corpus.sources.listing import list_source
from holdfast.corpus.sources.reader import Tally
from holdfast.corpus.sources.reading import read_shard
from holdfast.corpus.spec import SourceSpec

DOCUMENT = st.one_of(st.text(max_size=40), st.sampled_from(["", "x" * 300, "one\ntwo", "\u2028 odd \x85"]))
BROKEN = st.sampled_from(["{", "[]", "17", '{"other": 1}', '{"text": 3}', '{"text": null}'])


def read(source: SourceSpec, shard_size: int = 1 << 30) -> tuple[list[dict[str, Any]], list[tuple[str, int, str]], int]:
    """Return all documents, all broken ones with file and line, and the number of shards."""
    shards = cut([list_source(source)], shard_size)
    documents, broken, lines = [], [], dict[str, int]()
    for shard in shards:
        tally = Tally()
        first = {}
        for batch in read_shard(shard, source, tally):
            documents += [{**row, "shard": shard.number, "file": shard.pieces[row["piece"]].name} for row in batch.to_pylist()]
        for place, (piece, found) in enumerate(zip(shard.pieces, tally.pieces, strict=True)):
            first[place] = lines.get(piece.name, 0) if piece.start else 0
            lines[piece.name] = first[place] + found.lines
        for row in documents:
            if row["shard"] == shard.number:
                row["at"] = row["line"] + first[row["piece"]]
        broken += [(shard.pieces[one.piece].name, one.line + first[one.piece], one.reason) for one in tally.broken]
    return documents, broken, len(shards)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.one_of(DOCUMENT.map(lambda text: json.dumps({"text": text})), BROKEN, st.sampled_from(["", "   "])), max_size=40),
    size=st.integers(7, 4000),
    ended=st.booleans(),
)
def test_every_line_is_read_once_wherever_the_file_is_cut(
    rows: list[str], size: int, ended: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("cut") / "a.jsonl"
    path.write_text("\n".join(rows) + ("\n" if ended and rows else ""), encoding="utf-8", newline="")
    documents, broken, _ = read(SourceSpec(name="s", path=str(path)), size)
    good, bad = [], []
    for number, row in enumerate(rows, start=1):
        try:
            one = json.loads(row) if row.strip() else None
        except ValueError:
            one = 0
        if isinstance(one, dict) and isinstance(one.get("text"), str):
            good.append((number, one["text"]))
        elif one is not None:
            bad.append(number)
    assert [(row["at"], row["text"]) for row in documents] == good
    assert [line for _, line, _ in broken] == bad


@pytest.mark.parametrize("block", [1, 5, 64])
def test_the_size_of_the_blocks_does_not_show(block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + b"".join(json.dumps({"text": f"number {n}"}).encode() + b"\n" for n in range(30)))
    monkeypatch.setattr(line_blocks, "BLOCK", block)
    documents, broken, shards = read(SourceSpec(name="s", path=str(path)), 100)
    assert [row["text"] for row in documents] == [f"number {n}" for n in range(30)]
    assert not broken
    assert shards > 5


def test_a_line_that_is_too_long_is_one_broken_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n{"text": "' + "x" * 5000 + '"}\n{"text": "b"}\n', encoding="utf-8")
    monkeypatch.setattr(line_blocks, "BLOCK", 100)
    monkeypatch.setattr(line_blocks.line_blocks, "__defaults__", (1000,))
    documents, broken, _ = read(SourceSpec(name="s", path=str(path)))
    assert [(row["at"], row["text"]) for row in documents] == [(1, "a"), (3, "b")]
    assert [(line, reason) for _, line, reason in broken] == [(2, f"the line is longer than {line_blocks.LONGEST:,} bytes")]


def test_columns_become_hosts_authors_dates_and_licences(tmp_path: Path) -> None:
    rows = [
        {
            "body": "a",
            "meta": {"url": "HTTPS://me:p@Docs.Example.org:80/x"},
            "by": "A",
            "day": "2024-03-01T10:00:00+02:00",
            "lic": "MIT",
        },
        {"body": "b", "meta": {"url": "not an address"}, "by": 7, "day": 1_700_000_000_000, "lic": None},
        {"body": "c", "meta": None, "day": "yesterday"},
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    source = SourceSpec(name="s", path=str(path), text="body", url="meta.url", author="by", date="day", licence="$lic")
    documents, _, _ = read(source)
    assert [row["host"] for row in documents] == ["docs.example.org", None, None]
    assert [row["author"] for row in documents] == ["A", "7", None]
    assert [row["date"].isoformat() if row["date"] else None for row in documents] == [
        "2024-03-01T08:00:00+00:00",
        "2023-11-14T22:13:20+00:00",
        None,
    ]
    assert [row["licence"] for row in documents] == ["MIT", None, None]


def test_files_are_documents_and_small_ones_share_a_shard(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for n in range(5):
        (tmp_path / f"deep/{n}.txt").write_text(f"text {n}\n\nand more", encoding="utf-8")
    (tmp_path / "deep/5.txt.gz").write_bytes(gzip.compress(b"packed"))
    (tmp_path / "deep/6.txt").write_bytes(b"\xff\xfe no utf-8")
    (tmp_path / "deep/7.txt").write_text("  \n", encoding="utf-8")
    (tmp_path / ".hidden.txt").write_text("unseen", encoding="utf-8")
    (tmp_path / "index.sqlite").write_text("unseen", encoding="utf-8")
    source = SourceSpec(name="s", path=str(tmp_path))
    documents, broken, shards = read(source)
    assert [(row["file"], row["text"]) for row in documents] == [
        *((f"deep/{n}.txt", f"text {n}\n\nand more") for n in range(5)),
        ("deep/5.txt.gz", "packed"),
    ]
    assert broken == [("deep/6.txt", 1, "expected UTF-8, got other bytes")]
    assert shards == 1
    assert list_source(source).skipped == ("index.sqlite",)


def test_lines_are_documents_where_the_source_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"one\r\n\ntwo\nbad \xff byte\nthree")
    documents, broken, _ = read(SourceSpec(name="s", path=str(tmp_path / "*.txt"), format="lines"), 6)
    assert [(row["at"], row["text"]) for row in documents] == [(1, "one"), (3, "two"), (5, "three")]
    assert [(line, reason) for _, line, reason in broken] == [(4, "expected UTF-8, got other bytes")]


@pytest.mark.parametrize("packed", [gzip.compress, zstandard.compress])
def test_a_compressed_file_that_breaks_off_is_read_as_far_as_it_goes(packed: Any, tmp_path: Path) -> None:
    lines = b"".join(json.dumps({"text": f"number {n} {n * 7919 % 10007}"}).encode() + b"\n" for n in range(20_000))
    path = tmp_path / ("a.jsonl.gz" if packed is gzip.compress else "a.jsonl.zst")
    path.write_bytes(packed(lines))
    whole, none, _ = read(SourceSpec(name="s", path=str(path)))
    assert len(whole) == 20_000
    assert not none
    path.write_bytes(path.read_bytes()[:-9_000])
    documents, broken, _ = read(SourceSpec(name="s", path=str(path)))
    assert documents == whole[: len(documents)]
    assert len(broken) >= 1
    if packed is gzip.compress:
        assert "broken or cut short" in broken[-1][2]


def test_parquet_is_cut_by_row_groups(tmp_path: Path) -> None:
    table = pa.table({"text": [f"{n} " * 50 for n in range(99)] + [None], "url": [f"https://h{n}.example/" for n in range(100)]})
    parquet.write_table(table, tmp_path / "a.parquet", row_group_size=10)
    documents, broken, shards = read(SourceSpec(name="s", path=str(tmp_path)), 2000)
    assert [row["text"] for row in documents] == table["text"].to_pylist()[:99]
    assert [row["at"] for row in documents] == list(range(1, 100))
    assert documents[3]["host"] == "h3.example"
    assert broken == [("a.parquet", 100, "expected a text in column 'text', got nothing")]
    assert shards > 3
    with pytest.raises(InputError, match=r"a.parquet: expected a column 'body' with the text, found text, url"):
        read(SourceSpec(name="s", path=str(tmp_path), text="body"))


def test_an_object_store_is_read_through_fsspec(tmp_path: Path) -> None:
    fs, _ = opening.filesystem("memory://bucket")
    with fs.open("memory://bucket/deep/a.jsonl", "wb") as stream:
        stream.write(b"".join(json.dumps({"text": f"number {n}"}).encode() + b"\n" for n in range(50)))
    for path in ("memory://bucket/deep", "memory://bucket/deep/*.jsonl", "memory://bucket/deep/a.jsonl"):
        documents, _, shards = read(SourceSpec(name="s", path=path), 300)
        assert [row["text"] for row in documents] == [f"number {n}" for n in range(50)]
        assert documents[0]["file"] == "a.jsonl"
        assert shards > 2


@pytest.mark.parametrize(
    ("path", "format", "said"),
    [
        ("nothing-here", None, "expected files of documents, found none"),
        ("*.dat", None, "1 files have none of the endings"),
        ("a.dat", "csv", "format 'csv' is not known"),
        ("unheard://x", None, "expected an address that fsspec knows"),
    ],
)
def test_a_source_that_cannot_be_read_says_what_to_do(path: str, format: str | None, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.dat").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match=said.replace("'", ".")):
        list_source(SourceSpec(name="s", path=path if "://" in path else str(tmp_path / path), format=format))


def test_a_hub_data_set_is_cut_by_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets is not installed (pip install 'holdfast[hf]')")
    reference = "hub:org/name@" + "a" * 40
    held = datasets.Dataset.from_dict({"text": [f"number {n} " * 20 for n in range(300)], "url": [f"//h{n}.example" for n in range(300)]})
    monkeypatch.setattr(tables, "load_hub", lambda name, split: held if name == reference else None)
    tables.hub_rows.cache_clear()
    documents, broken, shards = read(SourceSpec(name="s", path=reference), 20_000)
    assert [row["text"] for row in documents] == held["text"][:]
    assert documents[7]["host"] == "h7.example"
    assert (len(broken), shards > 1) == (0, True)
    tables.hub_rows.cache_clear()
    monkeypatch.undo()
    with pytest.raises(InputError, match="not pinned to a commit"):
        list_source(SourceSpec(name="s", path="hub:org/name"))
