"""`verify`: one changed byte anywhere is found and its file named; a name that leads out of the folder is refused."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from msgspec.structs import replace

from holdfast.core import InputError
from holdfast.provenance import CORPUS_FILE, read_version, trace, verify_corpus, version_id, write_version
from holdfast.provenance.texts import read_texts, write_lines


def files(corpus: Path) -> list[str]:
    return sorted(path.relative_to(corpus).as_posix() for path in corpus.rglob("*") if path.is_file())


def test_a_corpus_as_it_was_written_is_whole(corpus: Path) -> None:
    trace(corpus, "crawl")
    found = verify_corpus(corpus, texts=True)
    assert (found.whole, found.corpus, found.rows) == (True, version_id(read_version(corpus)), 652)
    assert (found.not_covered, found.files) == ((), 11)


def test_one_changed_byte_is_found_in_every_file(corpus: Path) -> None:
    draw = random.Random(0)
    for name in files(corpus):
        data = (corpus / name).read_bytes()
        for place in (0, draw.randrange(len(data)), len(data) - 1):
            (corpus / name).write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            found = verify_corpus(corpus)
            assert not found.whole, f"{name} byte {place}"
            # The file of digests is judged by what it covers: a changed digest speaks against corpus.json.
            assert found.problems[0].file in (name, CORPUS_FILE if name == "corpus.sha256" else name)
        (corpus / name).write_bytes(data)
    assert verify_corpus(corpus).whole


def test_missing_and_extra_files_are_named(corpus: Path) -> None:
    (corpus / "shards/00001.jsonl.zst").unlink()
    (corpus / "shards/00009.jsonl.zst").write_bytes(b"x")
    (corpus / "NOTES.txt").write_bytes(b"x")
    found = verify_corpus(corpus)
    assert [(problem.file, problem.what) for problem in found.problems] == [
        ("shards/00001.jsonl.zst", "missing"),
        ("shards/00009.jsonl.zst", "extra"),
    ]
    assert found.not_covered == ("NOTES.txt",)


def test_who_can_write_the_folder_is_stopped_by_an_id_from_elsewhere(corpus: Path) -> None:
    version = read_version(corpus)
    write_version(corpus, replace(version, name="another"))
    assert verify_corpus(corpus).whole
    found = verify_corpus(corpus, expected=version_id(version))
    assert [problem.file for problem in found.problems] == [CORPUS_FILE]


def test_the_id_may_be_cut_after_twelve_digits_and_must_be_one(corpus: Path) -> None:
    own = version_id(read_version(corpus))
    for given in (own, own[:12], own[:40].upper()):
        assert verify_corpus(corpus, expected=given).whole
    other = ("0" if own[0] != "0" else "1") + own[1:12]
    assert not verify_corpus(corpus, expected=other).whole
    for given in (own[:11], "3f7a...", "", own + "0", "sample"):
        with pytest.raises(InputError, match="--id: expected the id of a version"):
            verify_corpus(corpus, expected=given)


def test_texts_that_never_fitted_their_digests_are_found(corpus: Path) -> None:
    version = read_version(corpus)
    shard = version.shards[0]
    lines = [json.dumps({"text": text}).encode() + b"\n" for texts in read_texts(corpus / shard.name) for text in texts]
    write_lines(corpus / shard.name, [*lines[:4], b'{"text":"exchanged"}\n', *lines[5:]])
    from holdfast.core import digest_file

    size, sha256 = (corpus / shard.name).stat().st_size, digest_file(corpus / shard.name)
    write_version(corpus, replace(version, shards=(replace(shard, bytes=size, sha256=sha256), *version.shards[1:])))
    assert verify_corpus(corpus).whole
    (problem,) = verify_corpus(corpus, texts=True).problems
    assert (problem.file, problem.what, "row 4" in problem.said) == (shard.name, "rows", True)


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "shards/../../x", ""])
def test_a_name_that_leads_out_of_the_folder_is_refused(corpus: Path, name: str) -> None:
    version = read_version(corpus)
    write_version(corpus, replace(version, shards=(replace(version.shards[0], name=name), *version.shards[1:])))
    with pytest.raises(InputError, match="does not lie in its folder"):
        verify_corpus(corpus)


def test_a_corpus_without_its_digest_says_so(corpus: Path) -> None:
    (corpus / "corpus.sha256").unlink()
    assert [(problem.file, problem.what) for problem in verify_corpus(corpus).problems] == [("corpus.sha256", "missing")]
    (corpus / CORPUS_FILE).unlink()
    with pytest.raises(InputError, match="cannot be read"):
        verify_corpus(corpus)
