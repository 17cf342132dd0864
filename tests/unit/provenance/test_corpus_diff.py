"""`diff`: rows gone and come as a count of digests says, and every change of sources, steps and settings."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from holdfast.provenance import comparing, diff, read_version, write_version
from holdfast.provenance.comparing import differing_shards, row_changes
from holdfast.provenance.index import read_origins
from holdfast.testing.corpora import make_corpus


def digests(corpus: Path) -> Counter[bytes]:
    shards = read_version(corpus).shards
    return Counter(row for shard in shards for row in read_origins(corpus / shard.provenance, ["digest"])["digest"].to_pylist())


@pytest.mark.parametrize("buckets", [1, 7])
def test_rows_gone_and_come_are_those_that_a_count_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, buckets: int) -> None:
    make_corpus(tmp_path / "old", rows=300, shards=3)
    make_corpus(tmp_path / "new", rows=330, shards=3)
    monkeypatch.setattr(comparing, "_BUCKET", 330 // buckets)
    old, new = digests(tmp_path / "old"), digests(tmp_path / "new")
    found = diff(tmp_path / "old", tmp_path / "new")
    assert (found.gone, found.come) == ((old - new).total(), (new - old).total())
    assert found.come > 0
    assert sum(found.come_by_source.values()) == found.come
    assert (found.rows.before, found.rows.after) == (old.total(), new.total())


def test_a_version_does_not_differ_from_itself(corpus: Path) -> None:
    found = diff(corpus, corpus)
    assert (found.same, found.sources, found.steps, found.child, found.order_changed) == (True, (), (), False, False)
    assert differing_shards(read_version(corpus), read_version(corpus)) == ()


def test_settings_versions_and_sources_that_changed_are_named(tmp_path: Path) -> None:
    version = make_corpus(tmp_path / "old")
    make_corpus(tmp_path / "new")
    length, redact, *others = version.steps
    steps = (replace(redact, version="3"), replace(length, settings={"at_least": 5}), *others[:-1])
    sources = (replace(version.sources[0], digest="0" * 64), replace(version.sources[1], name="papers"))
    write_version(tmp_path / "new", replace(version, steps=steps, sources=sources))
    found = diff(tmp_path / "old", tmp_path / "new")
    assert found.order_changed
    assert {change.name: (change.what, sorted(change.fields)) for change in found.steps} == {
        "length": ("changed", ["settings"]),
        "redact": ("changed", ["version"]),
        "canaries": ("gone", []),
    }
    assert {change.name: change.what for change in found.sources} == {"crawl": "changed", "books": "gone", "papers": "come"}
    assert found.same, "no row changed"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 5), max_size=20), st.lists(st.integers(0, 5), max_size=20))
def test_copies_are_taken_off_one_against_one(old: list[int], new: list[int]) -> None:
    def bucket(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.void]]:
        rows = np.zeros(len(values), dtype=comparing._ROW)
        rows["high"], rows["row"] = sorted(values), np.arange(len(values))
        return rows

    gone, come = comparing._difference(bucket(old), bucket(new))
    assert Counter(gone["high"].tolist()) == Counter(old) - Counter(new)
    assert Counter(come["high"].tolist()) == Counter(new) - Counter(old)


def test_memory_is_that_of_a_bucket(corpus: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    make_corpus(tmp_path / "other", rows=900, seed=1)
    monkeypatch.setattr(comparing, "_BUCKET", 50)
    versions = (read_version(corpus), read_version(tmp_path / "other"))
    sizes = [len(gone) + len(come) for gone, come in row_changes(corpus, tmp_path / "other", versions)]
    assert sum(sizes) == versions[0].rows + versions[1].rows
    assert len(sizes) == versions[1].rows // 50 + 1
    assert max(sizes) < 250
