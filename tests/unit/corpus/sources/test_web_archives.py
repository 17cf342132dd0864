"""WARC and WET: which records are documents, and what becomes of a page."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from holdfast.corpus.sources.archives import page_text
from holdfast.corpus.sources.reader import Tally
from holdfast.corpus.sources.reading import read_shard
from holdfast.corpus.sources.shards import Piece, Shard
from holdfast.corpus.spec import SourceSpec

writer = pytest.importorskip("warcio.warcwriter", reason="warcio is not installed (pip install 'holdfast[corpus]')")
headers = pytest.importorskip("warcio.statusandheaders")

# warcio's writer leaves its temporary files to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")

PAGE = b"<html><head><title>T</title><script>x('<p>')</script></head><body><p>One &amp; two</p><!-- no --><div>Th\xc3\xa4t</div></body>"


def archive(path: Path, *, pages: bool) -> None:
    with path.open("wb") as stream:
        made = writer.WARCWriter(stream, gzip=path.suffix == ".gz")
        made.write_record(made.create_warcinfo_record("x.warc", {"software": "test"}))
        for n, (kind, status, body) in enumerate(
            [
                ("text/html; charset=utf-8", "200 OK", PAGE),
                ("text/html", "404 Not Found", b"gone"),
                ("image/png", "200 OK", b"\x89PNG"),
                ("text/plain; charset=latin-1", "200 OK", "caf\u00e9".encode("latin-1")),
                ("text/html", "200 OK", b"<p> </p>"),
            ]
        ):
            url = f"http://h{n}.example/p"
            if pages:
                http = headers.StatusAndHeaders(status, [("Content-Type", kind)], protocol="HTTP/1.1")
                made.write_record(made.create_warc_record(url, "response", payload=BytesIO(body), http_headers=http))
            else:
                made.write_record(
                    made.create_warc_record(url, "conversion", payload=BytesIO(f"text {n}".encode()), warc_content_type="text/plain")
                )


def read(path: Path, format: str) -> tuple[list[dict[str, object]], Tally]:
    piece = Piece(file=str(path), name=path.name, size=path.stat().st_size, stamp="")
    shard, tally = Shard(number=0, source=0, format=format, pieces=(piece,)), Tally()
    return [row for batch in read_shard(shard, SourceSpec(name="s", path="x"), tally) for row in batch.to_pylist()], tally


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_pages_that_were_answered_are_documents(name: str, tmp_path: Path) -> None:
    archive(tmp_path / name, pages=True)
    documents, tally = read(tmp_path / name, "warc")
    assert [(row["line"], row["host"], row["text"]) for row in documents] == [
        (2, "h0.example", "One & two\nTh\u00e4t"),
        (5, "h3.example", "caf\u00e9"),
    ]
    assert all(row["date"] is not None for row in documents)
    assert (tally.rows, tally.blank, len(tally.broken)) == (3, 1, 0)


def test_a_wet_file_has_text_already(tmp_path: Path) -> None:
    archive(tmp_path / "a.warc.wet.gz", pages=False)
    documents, _ = read(tmp_path / "a.warc.wet.gz", "wet")
    assert [row["text"] for row in documents] == [f"text {n}" for n in range(5)]


def test_an_archive_that_breaks_off_gives_what_stood_before(tmp_path: Path) -> None:
    archive(tmp_path / "a.warc.gz", pages=True)
    whole = (tmp_path / "a.warc.gz").read_bytes()
    (tmp_path / "a.warc.gz").write_bytes(whole[:-60])
    documents, tally = read(tmp_path / "a.warc.gz", "warc")
    assert [row["line"] for row in documents] == [2, 5]
    assert len(tally.broken) == 1


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "a.warc.wet", "a.warc.wet.gz"])
@pytest.mark.parametrize("chunked", [False, True])
def test_wherever_an_archive_breaks_off_it_counts_once_and_no_half_text_is_kept(name: str, chunked: bool, tmp_path: Path) -> None:
    path, format = tmp_path / name, "wet" if ".wet" in name else "warc"
    texts = [" ".join(f"word{n * 7919 % 10007}x{n * k % 997}" for k in range(3000)) for n in range(6)]
    with path.open("wb") as stream:
        made = writer.WARCWriter(stream, gzip=path.suffix == ".gz")
        for n, text in enumerate(texts):
            if format == "wet":
                record = made.create_warc_record(
                    f"http://h{n}/", "conversion", payload=BytesIO(text.encode()), warc_content_type="text/plain"
                )
            else:
                body = f"{len(text):x}\r\n{text}\r\n0\r\n\r\n" if chunked else text
                fields = [("Content-Type", "text/plain"), *([("Transfer-Encoding", "chunked")] if chunked else [])]
                http = headers.StatusAndHeaders("200 OK", fields, protocol="HTTP/1.1")
                record = made.create_warc_record(f"http://h{n}/", "response", payload=BytesIO(body.encode()), http_headers=http)
            made.write_record(record)
    whole = path.read_bytes()
    assert [row["text"] for row in read(path, format)[0]] == texts
    for part in (0.31, 0.5, 0.63, 0.8, 0.97):
        path.write_bytes(whole[: int(len(whole) * part)])
        documents, tally = read(path, format)
        assert [row["text"] for row in documents] == texts[: len(documents)]
        assert [(bad.row, bad.line) for bad in tally.broken] == [(len(documents), len(documents) + 1)]
        assert "breaks off" in tally.broken[0].reason
        assert tally.rows == len(documents) + 1


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain", "plain"),
        ("<p>a<p>b", "a\nb"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<STYLE>p{}</STYLE>kept<script src=x></script >", "kept"),
        ("a\n b <b>bold</b>\tword", "a b bold word"),
        ("&lt;p&gt; stays", "<p> stays"),
        ("<script>never closed", "never closed"),
    ],
)
def test_what_becomes_of_markup(markup: str, text: str) -> None:
    assert page_text(markup) == text
