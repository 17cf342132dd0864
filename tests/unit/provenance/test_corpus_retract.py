"""`retract`: the new version has exactly the other rows, the old one is untouched, and a killed retraction ends in the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from holdfast.core import InputError, RunFolderError
from holdfast.provenance import diff, read_version, retract, trace, verify_corpus, version_id
from holdfast.provenance.index import INDEX_FILE, INDEX_NOTE, read_origins
from holdfast.provenance.texts import read_texts
from holdfast.testing.corpora import make_corpus

HOST = "h0.site0.example"


def contents(folder: Path) -> dict[str, bytes]:
    index = (INDEX_FILE, INDEX_NOTE)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in index
    }


def rows(folder: Path) -> list[tuple[str, str]]:
    """Return (host, text) of every row, kept and left out."""
    version = read_version(folder)
    out = []
    for shard in (*version.shards, *version.rejected):
        origins = read_origins(folder / shard.provenance)
        assert origins["row"].to_pylist() == list(range(shard.rows))
        texts = [text for batch in read_texts(folder / shard.name) for text in batch]
        out += list(zip(origins["host"].to_pylist(), texts, strict=True))
    return out


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet"])
def test_the_new_version_has_every_other_row_in_order(tmp_path: Path, ending: str) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    make_corpus(old, rows=200, shards=3, ending=ending)
    before = contents(old)
    done = retract(old, trace(old, HOST), new, why="poisoned")
    assert rows(new) == [(host, text) for host, text in rows(old) if host != HOST]
    assert contents(old) == before, "the old version is left alone"
    assert verify_corpus(new, texts=True).whole
    version = read_version(new)
    assert (version.parent, version.why, done.corpus) == (version_id(read_version(old)), "poisoned", version_id(version))
    changed = diff(old, new)
    assert (changed.gone, changed.come, changed.child) == (done.rows, 0, True)
    assert sum(source.kept for source in version.sources) == 200 - done.rows


def test_shards_without_such_rows_are_the_same_files(corpus: Path, tmp_path: Path) -> None:
    for name, copy in (("linked", False), ("copied", True)):
        done = retract(corpus, trace(corpus, "books"), tmp_path / name, copy=copy)
        same = [corpus / "shards/00000.jsonl.zst", tmp_path / name / "shards/00000.jsonl.zst"]
        assert os.path.samefile(*same) is not copy
        assert same[0].read_bytes() == same[1].read_bytes()
        assert (done.linked, done.written, done.dropped) == (6, 2, 0), "shards 0 and 2 and what was left out are of the other source"


def test_a_shard_of_which_nothing_is_left_goes(tmp_path: Path) -> None:
    make_corpus(tmp_path / "old", canaries=0)
    done = retract(tmp_path / "old", trace(tmp_path / "old", "books"), tmp_path / "new")
    version = read_version(tmp_path / "new")
    assert (done.dropped, done.written, done.canaries) == (2, 0, 0)
    assert [shard.name for shard in version.shards] == ["shards/00000.jsonl.zst", "shards/00002.jsonl.zst"]
    assert {source.name: source.kept for source in version.sources} == {"crawl": 300, "books": 0}
    assert verify_corpus(tmp_path / "new").whole


def test_canaries_stay_and_are_counted_and_can_be_retracted_themselves(corpus: Path, tmp_path: Path) -> None:
    done = retract(corpus, trace(corpus, "books"), tmp_path / "new")
    assert done.canaries == 6, "three in each shard that was written anew"
    assert trace(tmp_path / "new", "canary").rows == 12
    assert read_version(tmp_path / "new").canaries == read_version(corpus).canaries
    retract(tmp_path / "new", trace(tmp_path / "new", "canary"), tmp_path / "bare")
    assert read_version(tmp_path / "bare").canaries is None


def test_no_name_that_was_taken_out_stays_in_a_file(corpus: Path, tmp_path: Path) -> None:
    retract(corpus, trace(corpus, "writer 5"), tmp_path / "new")
    for shard in read_version(tmp_path / "new").shards:
        author = read_origins(tmp_path / "new" / shard.provenance)["author"]
        assert "writer 5" not in author.unify_dictionaries().chunk(0).dictionary.to_pylist()


def test_the_same_command_again_changes_nothing_and_another_is_refused(corpus: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    first = retract(corpus, trace(corpus, HOST), new, why="x")
    before = contents(new)
    assert retract(corpus, trace(corpus, HOST), new, why="x") == first
    assert contents(new) == before
    with pytest.raises(RunFolderError, match="holds a corpus already"):
        retract(corpus, trace(corpus, "books"), new)
    with pytest.raises(InputError, match="needs a folder of its own"):
        retract(corpus, trace(corpus, HOST), corpus)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(RunFolderError, match="is not empty"):
        retract(corpus, trace(corpus, HOST), tmp_path / "full")


def test_a_changed_shard_is_not_carried_into_the_new_version(corpus: Path, tmp_path: Path) -> None:
    found = trace(corpus, HOST)
    path = corpus / "shards/00002.jsonl.zst"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match=r"00002\.jsonl\.zst: is not the file"):
        retract(corpus, found, tmp_path / "new")
    assert not (tmp_path / "new" / "corpus.json").exists()


def test_a_trace_of_another_version_is_refused(corpus: Path, tmp_path: Path) -> None:
    found = trace(corpus, HOST)
    retract(corpus, found, tmp_path / "new")
    with pytest.raises(InputError, match="another version"):
        retract(tmp_path / "new", found, tmp_path / "newer")


_SCRIPT = """
import sys
from pathlib import Path
from holdfast.provenance import retract, trace
old, new = map(Path, sys.argv[1:])
def said(what, done, total):
    if what == "shards":
        print(done, flush=True)
retract(old, trace(old, "site0.example"), new, why="poisoned", progress=said)
"""


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    old = tmp_path / "old"
    make_corpus(old, rows=6000, shards=12)
    retract(old, trace(old, "site0.example"), tmp_path / "whole", why="poisoned")
    expected = contents(tmp_path / "whole")
    for after in (0, 1, 5, 11, 12):
        new = tmp_path / f"killed-{after}"
        command = [sys.executable, "-c", _SCRIPT, str(old), str(new)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(after):
                process.stdout.readline()
            time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        retract(old, trace(old, "site0.example"), new, why="poisoned")
        assert contents(new) == expected, f"killed after {after} shards"


def test_a_half_written_shard_is_made_again(corpus: Path, tmp_path: Path) -> None:
    """What a kill can leave: drafts, a note without its file, a file that was cut."""
    new, found = tmp_path / "new", trace(corpus, HOST)
    retract(corpus, found, tmp_path / "whole")
    calls: list[int] = []

    class Stop(Exception):
        """Stands in for the end of the process."""

    def stop(what: str, done: int, total: int) -> None:
        calls.append(done)
        if done == 3:
            raise Stop

    with pytest.raises(Stop):
        retract(corpus, found, new, progress=stop)
    (new / "shards" / "00001.jsonl.zst").write_bytes(b"cut")
    (new / "shards" / "00003.jsonl.zst.draft").write_bytes(b"half")
    (new / "provenance" / "00000.parquet").unlink()
    retract(corpus, found, new)
    assert contents(new) == contents(tmp_path / "whole")
    other = tmp_path / "other"
    with pytest.raises(Stop):
        retract(corpus, found, other, progress=stop)
    with pytest.raises(RunFolderError, match="another retraction, begun"):
        retract(corpus, trace(corpus, "books"), other)
