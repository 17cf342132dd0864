"""Repeated lines: counted by documents over all shards, cut from all but the first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.unit.corpus.duplicates.memory_work import MemoryWork

from holdfast.corpus.duplicates import find_duplicates, groups
from holdfast.corpus.spec import DuplicateSettings

BANNER = "Accept all cookies of this site now"
ASKED = DuplicateSettings(lines=2, line_words=5)


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "ROWS", 2)
    monkeypatch.setattr(groups, "_GROUPS_PER_BUCKET", 1)
    monkeypatch.setattr("os.fsync", lambda descriptor: None)


def cut(folder: Path, shards: Sequence[Sequence[str]], settings: DuplicateSettings = ASKED) -> list[list[str]]:
    """Return the texts after their cuts; those of documents that go as they are."""
    work = MemoryWork(folder, shards, settings)
    found = find_duplicates(work)
    made = []
    for shard, texts in enumerate(shards):
        bytes_of = [bytearray(text.encode()) for text in texts]
        for one in reversed(found.cuts(shard).to_pylist()):
            del bytes_of[one["row"]][one["start"] : one["end"]]
        made.append([told.decode() for told in bytes_of])
    return made


def test_the_first_document_keeps_a_line(tmp_path: Path) -> None:
    shards = [[f"one\n{BANNER}\nalpha", "two words"], [f"{BANNER.upper()}\nbeta"], [f"gamma\n  {BANNER}", f"{BANNER}\r\n{BANNER}\ndelta"]]
    assert cut(tmp_path, shards) == [[shards[0][0], "two words"], ["beta"], ["gamma\n", "delta"]]


def test_places_are_bytes_of_the_text_as_it_is(tmp_path: Path) -> None:
    shards = [[f"ein ſchöner Ｔag\n{BANNER}\nalpha"], [f"ŝi diris ĝin\u2028hier ﬁn\n{BANNER}\nπλέον"], [f"你好 世界\n{BANNER}\nbeta"]]
    assert cut(tmp_path, shards) == [shards[0], ["ŝi diris ĝin\u2028hier ﬁn\nπλέον"], ["你好 世界\nbeta"]]


def test_as_many_documents_as_allowed_keep_it(tmp_path: Path) -> None:
    shards = [[f"{BANNER}\nalpha"], [f"{BANNER}\n{BANNER}\nbeta"]]
    assert cut(tmp_path, shards) == shards


def test_short_lines_stay(tmp_path: Path) -> None:
    shards = [[f"four words stand here\nalpha {number}"] for number in range(5)]
    assert cut(tmp_path, shards) == shards
    fewer = DuplicateSettings(lines=2, line_words=4)
    assert cut(tmp_path / "fewer", shards, fewer) == [shards[0], *([f"alpha {number}"] for number in range(1, 5))]


def test_documents_that_go_do_not_count(tmp_path: Path) -> None:
    shards = [[f"{BANNER}\nalpha"], [f"{BANNER}\nalpha"], [f"{BANNER}\nbeta"]]
    assert cut(tmp_path, shards) == shards


def test_lines_of_canaries_stay(tmp_path: Path) -> None:
    manifest = tmp_path / "canaries.json"
    manifest.write_text(json.dumps({"texts": [BANNER]}), encoding="utf-8")
    shards = [[f"{BANNER}\n{word}"] for word in ("alpha", "beta", "gamma")]
    assert cut(tmp_path / "a", shards, DuplicateSettings(lines=2, canaries=str(manifest))) == shards
    assert cut(tmp_path / "b", shards) == [shards[0], ["beta"], ["gamma"]]


def test_counts_are_those_of_the_cuts(tmp_path: Path) -> None:
    shards = [[f"{BANNER}\nnumber {number}", f"another line that many documents have\n{number}"] for number in range(7)]
    work = MemoryWork(tmp_path, shards, ASKED)
    found = find_duplicates(work)
    assert found.counts["repeated lines"] == 2
    assert found.counts["lines cut"] == sum(found.cuts(shard).num_rows for shard in range(7)) == 12


def test_sources_may_be_kept_apart(tmp_path: Path) -> None:
    settings = DuplicateSettings(lines=1, across_sources=False)
    work = MemoryWork(tmp_path, [[f"{BANNER}\na"], [f"{BANNER}\nb"], [f"{BANNER}\nc"]], settings, sources=(0, 0, 1))
    found = find_duplicates(work)
    assert [found.cuts(shard).num_rows for shard in range(3)] == [0, 1, 0]
