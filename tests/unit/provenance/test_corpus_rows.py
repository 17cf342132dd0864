"""`show`: everything that is known of one row, whatever the format of its shard."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.core import InputError
from holdfast.provenance import find_rows, read_version, show_row, take_rows, trace
from holdfast.provenance.index import read_origins
from holdfast.provenance.texts import read_texts, text_digest, write_lines
from holdfast.testing.corpora import REASONS, make_corpus


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet"])
def test_a_row_is_the_one_that_its_provenance_file_says(tmp_path: Path, ending: str) -> None:
    version = make_corpus(tmp_path, rows=40, shards=2, ending=ending)
    origin = read_origins(tmp_path / version.shards[1].provenance).slice(7, 1).to_pylist()[0]
    found = show_row(tmp_path, "1:7")
    assert (found.url, found.host, found.line, found.source) == (origin["url"], origin["host"], origin["line"], origin["source"])
    assert (found.digest, found.intact, found.kept, found.reason) == (origin["digest"].hex(), True, True, None)
    assert found.licence == (origin["licence"] or "CC-BY-4.0"), "a row without a licence has that of its source, books"


def test_a_row_is_found_by_its_text_and_by_its_digest(corpus: Path) -> None:
    text = [text for texts in read_texts(corpus / read_version(corpus).shards[2].name) for text in texts][9]
    (by_text,), (by_digest,) = find_rows(corpus, text=text), find_rows(corpus, digest=text_digest(text).hex())
    assert by_text == by_digest == show_row(corpus, "2:9")
    with pytest.raises(InputError, match="no row of 'sample'"):
        find_rows(corpus, text=text + " ")


def test_the_steps_say_what_they_did(corpus: Path) -> None:
    version = read_version(corpus)
    origins = read_origins(corpus / version.shards[0].provenance).to_pylist()
    changed = next(row["row"] for row in origins if row["steps"] & 2)
    planted = next(row["row"] for row in origins if row["source"] == "canary")
    did = {row: [step.did for step in show_row(corpus, f"0:{row}").steps] for row in (changed, planted)}
    assert did[changed] == ["saw", "changed", "saw", "saw"]
    assert did[planted] == ["never saw", "never saw", "never saw", "planted"]
    assert show_row(corpus, f"0:{planted}").canary


def test_a_document_left_out_has_its_reason_and_saw_no_later_step(corpus: Path) -> None:
    by_reason = {found.reason: found for row in range(40) for found in [show_row(corpus, f"rejected/0:{row}")]}
    assert set(by_reason) == set(REASONS)
    assert [step.did for step in by_reason["too-short"].steps] == ["left out", "never saw", "never saw", "never saw"]
    assert [step.did for step in by_reason["near-duplicate"].steps] == ["saw", "saw", "left out", "never saw"]


def test_a_text_that_was_changed_is_told(corpus: Path) -> None:
    shard = corpus / read_version(corpus).shards[0].name
    lines = [f'{{"text":"{text}"}}\n'.encode() for texts in read_texts(shard) for text in texts]
    write_lines(shard, [b'{"text":"another one"}\n', *lines[1:]])
    assert (show_row(corpus, "0:0").intact, show_row(corpus, "0:1").intact) == (False, True)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("5", "not of the form SHARD:ROW"),
        ("0:x", "not of the form SHARD:ROW"),
        ("0:99999", "has 153 rows"),
        ("77:1", "is no shard of 'sample'"),
        ("../corpus:1", "is no shard of 'sample'"),
    ],
)
def test_a_row_that_is_none_is_refused_in_a_sentence(corpus: Path, row: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        show_row(corpus, row)


def test_a_digest_that_is_none_is_refused(corpus: Path) -> None:
    for digest in ("xyz", "ab", "0" * 31, "g" * 32):
        with pytest.raises(InputError, match="32 hexadecimal digits"):
            find_rows(corpus, digest=digest)


@pytest.mark.parametrize("ending", [".jsonl.zst", ".parquet"])
def test_the_rows_of_a_trace_can_be_taken_out_to_a_file(tmp_path: Path, ending: str) -> None:
    version = make_corpus(tmp_path / "corpus", ending=ending)
    found = trace(tmp_path / "corpus", "h0.site0.example")
    out = tmp_path / "rows.jsonl"
    assert take_rows(tmp_path / "corpus", found, out) == found.rows
    expected = []
    for shard in version.shards:
        hosts = read_origins(tmp_path / "corpus" / shard.provenance)["host"].to_pylist()
        texts = [text for batch in read_texts(tmp_path / "corpus" / shard.name) for text in batch]
        expected += [text for host, text in zip(hosts, texts, strict=True) if host == "h0.site0.example"]
    assert [text for batch in read_texts(out) for text in batch] == expected
    with pytest.raises(InputError, match="expected a name that ends in"):
        take_rows(tmp_path / "corpus", found, tmp_path / "rows.csv")
    with pytest.raises(InputError, match="cannot be written"):
        take_rows(tmp_path / "corpus", found, tmp_path / "no" / "rows.jsonl")
