from __future__ import annotations

import random
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.detectors.duplicates.corpus import conclude, edited, kept_of, rows_of, text, words_of

from holdfast.dataflow import run
from holdfast.detectors.duplicates import ExactDuplicate, NearDuplicate
from holdfast.plugins import ScanOptions
from holdfast.similarity.folding import folded, folded_bytes
from holdfast.similarity.minhash import band_keys
from holdfast.similarity.words import hash_texts, hash_words
from holdfast.testing import HeldRows

NEAR = NearDuplicate(ScanOptions())
NEEDS_DAFT = pytest.mark.skipif(find_spec("daft") is None, reason="daft is not installed (pip install 'holdfast[cluster]')")

# What folding treats in different ways: cases, spaces seen and unseen, marks, Han, kana, Hangul, Thai, four-byte characters.
CHARACTERS = "aZé ß\u200bİ你好，。ｆ １\x85\u2028\n\t\x00\x7f\U00020001\U0001f600กขk\u0308\u1160한국ﬁ\u3000ア."
TEXTS = st.text(CHARACTERS, max_size=12)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.lists(TEXTS | ANY, max_size=5))
def test_a_batch_is_folded_as_each_text_is(texts: list[str]) -> None:
    batch, single = words_of(texts), words_of([folded(said) for said in texts])
    assert batch.hashes.tolist() == single.hashes.tolist()
    assert batch.counts.tolist() == [len(folded(said).split()) for said in texts]


@given(st.lists(TEXTS, max_size=6), st.integers(0, 6))
def test_a_text_is_signed_alike_in_every_batch(texts: list[str], cut: int) -> None:
    whole = words_of(texts)
    halves = [words_of(texts[:cut]), words_of(texts[cut:])]
    assert hash_texts(whole).tolist() == [value for half in halves for value in hash_texts(half).tolist()]
    assert band_keys(whole).tolist() == [keys for half in halves for keys in band_keys(half).tolist()]


@given(st.lists(TEXTS, max_size=8))
def test_exact_copies_are_equal_folded_texts_that_are_not_empty(texts: list[str]) -> None:
    seen: dict[str, int] = {}
    expected = set()
    for line, said in enumerate(map(folded, texts), start=1):
        if said and said in seen:
            expected.add((line, seen[said]))
        seen.setdefault(said, line)
    found = conclude(ExactDuplicate(ScanOptions()), rows_of(texts)).findings
    assert {(finding.line, int(finding.related.rsplit(":", 1)[1])) for finding in found} == expected


@st.composite
def corpora(draw: st.DrawFn) -> list[str]:
    """Rows, edited copies, copies of copies, one template and empty rows."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    rows = [text(rng, rng.choice([3, 20, 60, 148, 160])) for _ in range(draw(st.integers(1, 12)))]
    for _ in range(draw(st.integers(0, 15))):
        rows.append(edited(rng, rng.choice([row for row in rows if row]), rng.randint(0, 2)))
    frame = text(rng, 50)
    rows += [f"{frame} {text(rng, 1)}" for _ in range(draw(st.integers(0, 14)))]
    rows += [""] * draw(st.integers(0, 3))
    rng.shuffle(rows)
    return rows


def _as_texts(rows: list[str], clusters: tuple[tuple[int, ...], ...]) -> set[frozenset[str]]:
    return {frozenset(rows[row] for row in cluster) for cluster in clusters}


@settings(max_examples=60)
@given(corpora(), st.randoms(use_true_random=False))
def test_clusters_do_not_depend_on_the_order_of_rows(rows: list[str], rng: random.Random) -> None:
    other = rows.copy()
    rng.shuffle(other)
    ours, theirs = (NEAR.clusters(kept_of(NEAR, rows_of(some))) for some in (rows, other))
    assert _as_texts(rows, ours) == _as_texts(other, theirs)


@settings(max_examples=60)
@given(corpora(), st.lists(st.integers(0, 40), max_size=6))
def test_batches_do_not_change_what_is_concluded(rows: list[str], cuts: list[int]) -> None:
    table = rows_of(rows)
    assert conclude(NEAR, table, [min(cut, len(rows)) for cut in cuts]) == conclude(NEAR, table)


@settings(max_examples=60)
@given(corpora())
def test_every_removed_row_names_an_earlier_row_that_stays(rows: list[str]) -> None:
    found = conclude(NEAR, rows_of(rows)).findings
    removed = {finding.line for finding in found}
    for finding in found:
        kept = int(finding.related.rsplit(":", 1)[1])
        assert kept < finding.line
        assert kept not in removed
        assert finding.similarity is not None
        assert finding.similarity >= 0.8


class Keep:
    """What a worker does with its part of a file of rows."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, part: tuple[int, int]) -> pa.Table:
        rows = pa.ipc.open_file(str(self.path)).read_all()
        return NEAR.keep(rows.slice(part[0], part[1] - part[0]))


@pytest.mark.parametrize("engine", ["plain", "processes", pytest.param("daft", marks=NEEDS_DAFT)])
@pytest.mark.parametrize("parts", [2, 3, 7])
def test_k_workers_give_the_clusters_of_one(tmp_path: Path, engine: str, parts: int) -> None:
    rng = random.Random(parts)
    texts = [text(rng, 60) for _ in range(300)]
    texts += [edited(rng, rng.choice(texts), rng.randint(0, 3)) for _ in range(200)]
    rng.shuffle(texts)
    rows = rows_of(texts)
    with pa.ipc.new_file(str(tmp_path / "rows.arrow"), rows.schema) as file:
        file.write_table(rows)
    bounds = [len(texts) * part // parts for part in range(parts + 1)]
    pieces = list(run(list(pairwise(bounds)), Keep(tmp_path / "rows.arrow"), engine=engine, workers=2))
    shared = HeldRows(rows, pa.concat_tables(pieces))
    alone = kept_of(NEAR, rows)
    assert NEAR.clusters(shared) == NEAR.clusters(alone)
    assert len(NEAR.clusters(alone)) > 50
    assert NEAR.conclude(shared) == NEAR.conclude(alone)


def test_the_words_of_a_batch_are_those_of_its_column() -> None:
    column = pa.array(["one two", "三 four"])
    assert hash_words(folded_bytes(column)).hashes.tolist() == words_of(column.to_pylist()).hashes.tolist()
