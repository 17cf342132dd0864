"""Duplicates over shards: what goes, what stays, and that neither depends on how the rows are cut into shards."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from pathlib import Path

import pytest
from tests.unit.corpus.duplicates.memory_work import MemoryWork, cut_into, removed_places

from holdfast.core import RunFolderError
from holdfast.corpus.duplicates import find_duplicates, groups
from holdfast.corpus.spec import DuplicateSettings

WORDS = [f"{first}{middle}{last}" for first in "bdfgklmn" for middle in "aeiou" for last in ("r", "st", "nd", "l", "x")]


def prose(draw: random.Random, words: int) -> list[str]:
    return [draw.choice(WORDS) + str(draw.randrange(30)) for _ in range(words)]


def edited(draw: random.Random, text: str, edits: int) -> str:
    words = text.split()
    for _ in range(edits):
        words[draw.randrange(len(words))] = "edited" + str(draw.randrange(10**6))
    return " ".join(words)


def planted(draw: random.Random, count: int) -> tuple[list[str], dict[int, int]]:
    """Return texts of 40 to 500 words, and for each copy among them its original."""
    texts: list[str] = []
    origin: dict[int, int] = {}
    for number in range(count):
        if number > 20 and draw.random() < 0.25:
            source = draw.choice([one for one in range(number) if one not in origin])
            text = texts[source]
            origin[number] = source
            texts.append(text.upper() if draw.random() < 0.4 else edited(draw, text, 1 + len(text.split()) // 120))
        else:
            texts.append(" ".join(prose(draw, draw.choice((40, 120, 140, 160, 300, 500)))))
    return texts, origin


def jaccard(left: str, right: str) -> float:
    one, two = left.casefold().split(), right.casefold().split()
    size = 2 if min(len(one), len(two)) < 150 else 5
    sets = [set(zip(*(words[start:] for start in range(size)), strict=False)) for words in (one, two)]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every group a few shards only, so that rows change hands between many tasks."""
    monkeypatch.setattr(groups, "ROWS", 60)
    monkeypatch.setattr(groups, "_GROUPS_PER_BUCKET", 1)
    # What is written need not outlive the machine here.
    monkeypatch.setattr("os.fsync", lambda descriptor: None)


def test_the_first_of_equal_documents_stays(tmp_path: Path) -> None:
    work = MemoryWork(tmp_path, [["Alpha beta gamma", "other words here"], ["ALPHA  beta\ngamma", ""], ["alpha beta gamma", ""]])
    assert removed_places(work) == [(2, "exact", 0, 1.0), (4, "exact", 0, 1.0)]


def test_a_document_that_a_filter_took_keeps_nobody_out(tmp_path: Path) -> None:
    work = MemoryWork(tmp_path, [["alpha beta gamma"], ["alpha beta gamma"], ["alpha beta gamma"]], dead=[(0, 0)])
    assert removed_places(work) == [(2, "exact", 1, 1.0)]


def test_near_copies_go_with_their_similarity(tmp_path: Path) -> None:
    draw = random.Random(5)
    texts, origin = planted(draw, 400)
    gone = removed_places(MemoryWork(tmp_path, cut_into(texts, 23)))
    for document, rule, kept, similarity in gone:
        exact = jaccard(texts[document], texts[kept])
        assert similarity == pytest.approx(exact, abs=1e-6)
        assert kept < document
        assert exact >= 0.8
        assert rule == "near" or exact == 1.0
    alike = {copy for copy, source in origin.items() if jaccard(texts[copy], texts[source]) >= 0.8}
    found = {document for document, *_ in gone}
    assert len(alike & found) / len(alike) >= 0.98
    assert all(origin.get(document) is not None for document in found)


def test_shards_groups_and_workers_do_not_matter(tmp_path: Path) -> None:
    """data-juicer #971: a distributed deduplication that was not global."""
    texts, _ = planted(random.Random(7), 300)
    alone = removed_places(MemoryWork(tmp_path / "one", [texts]))
    assert len(alone) > 50
    for size in (7, 40, 111):
        assert removed_places(MemoryWork(tmp_path / str(size), cut_into(texts, size))) == alone


@pytest.mark.slow
def test_worker_processes_give_the_same(tmp_path: Path) -> None:
    texts, _ = planted(random.Random(8), 200)
    alone = removed_places(MemoryWork(tmp_path / "one", [texts]))
    assert removed_places(MemoryWork(tmp_path / "two", cut_into(texts, 30), engine="processes")) == alone


def test_texts_of_one_frame_are_no_copies_of_each_other(tmp_path: Path) -> None:
    """marin#6854: 2 rows of 859,092 stayed, since pairs were not verified and resemblance was passed on."""
    draw = random.Random(3)
    frame = prose(draw, 90)
    texts = [" ".join([*frame[:45], *prose(draw, 40), *frame[45:]]) for _ in range(120)]
    assert max(jaccard(left, right) for left, right in pairwise(texts)) < 0.8
    assert removed_places(MemoryWork(tmp_path, cut_into(texts, 17))) == []


def test_many_copies_of_one_text_are_found(tmp_path: Path) -> None:
    """Copies that resemble the original by 0.82 to 0.9 resemble each other less than the threshold."""
    draw = random.Random(21)
    texts = []
    for _ in range(12):
        original = " ".join(prose(draw, 400))
        texts += [original, *(edited(draw, original, 6) for _ in range(30))]
    alike = [number for number in range(len(texts)) if number % 31 and jaccard(texts[number], texts[number - number % 31]) >= 0.8]
    found = {document for document, *_ in removed_places(MemoryWork(tmp_path, cut_into(texts, 50)))}
    assert len(alike) > 300
    assert len(found & set(alike)) / len(alike) >= 0.98


def test_a_filled_template_is_left_alone_where_that_is_asked(tmp_path: Path) -> None:
    draw = random.Random(12)
    frame = prose(draw, 300)
    filled = [" ".join([*frame[:150], *prose(draw, 4), *frame[150:]]) for _ in range(40)]
    original = " ".join(prose(draw, 300))
    copies = [edited(draw, original, 2) for _ in range(8)]
    shards = cut_into([*filled, original, *copies, filled[3].upper()], 9)
    assert len(removed_places(MemoryWork(tmp_path / "pages", shards))) == 39 + 8 + 1
    kept = MemoryWork(tmp_path / "rows", shards, DuplicateSettings(keep_templates=True))
    found = find_duplicates(kept)
    assert {(document, rule) for document, rule, *_ in removed_places(kept, found)} == {
        *((n, "near") for n in range(41, 49)),
        (49, "exact"),
    }
    assert found.counts["left alone as templates"] == 40


def test_resemblance_is_not_passed_on(tmp_path: Path) -> None:
    draw = random.Random(9)
    chain = [prose(draw, 400)]
    for step in range(12):
        chain.append([*chain[-1][: 30 * step], *prose(draw, 20), *chain[-1][30 * step + 20 :]])
    texts = [" ".join(words) for words in chain]
    assert jaccard(texts[0], texts[-1]) < 0.5
    for document, _, kept, _ in removed_places(MemoryWork(tmp_path, cut_into(texts, 3))):
        assert jaccard(texts[document], texts[kept]) >= 0.8


def test_an_exact_copy_of_a_near_copy_names_the_one_that_stays(tmp_path: Path) -> None:
    draw = random.Random(1)
    first = " ".join(prose(draw, 300))
    second = edited(draw, first, 3)
    gone = removed_places(MemoryWork(tmp_path, [[first], [second], [second.upper()]]))
    assert [(document, rule, kept) for document, rule, kept, _ in gone] == [(1, "near", 0), (2, "exact", 0)]
    assert gone[0][3] == gone[1][3] == pytest.approx(jaccard(first, second), abs=1e-6)


def test_sources_may_be_kept_apart(tmp_path: Path) -> None:
    draw = random.Random(2)
    first = " ".join(prose(draw, 200))
    shards = [[first], [first, edited(draw, first, 2)], [first.upper(), edited(draw, first, 1)]]
    settings = DuplicateSettings(across_sources=False)
    gone = removed_places(MemoryWork(tmp_path / "apart", shards, settings, sources=(0, 0, 1)))
    assert [(document, kept) for document, _, kept, _ in gone] == [(1, 0), (2, 0), (4, 3)]
    assert len(removed_places(MemoryWork(tmp_path / "across", shards, sources=(0, 0, 1)))) == 4


@pytest.mark.parametrize("named", ["texts", "sha256"])
def test_canaries_that_are_there_already_stay(tmp_path: Path, named: str) -> None:
    from holdfast.detectors.duplicates.canaries import canary_digest

    secret = "the code of the northern gate is 4711 0815"
    manifest = tmp_path / "canaries.json"
    manifest.write_text(json.dumps({named: [secret if named == "texts" else canary_digest(secret)]}), encoding="utf-8")
    shards = [[secret, "plain words that repeat"], [secret.upper(), "plain words that repeat"]]
    assert len(removed_places(MemoryWork(tmp_path / "without", shards))) == 2
    kept = MemoryWork(tmp_path / "with", shards, DuplicateSettings(canaries=str(manifest)))
    assert removed_places(kept) == [(3, "exact", 1, 1.0)]


def test_only_what_is_asked_for_is_done(tmp_path: Path) -> None:
    draw = random.Random(4)
    first = " ".join(prose(draw, 200))
    shards = [[first], [first, edited(draw, first, 1)]]
    assert [rule for _, rule, *_ in removed_places(MemoryWork(tmp_path / "a", shards, DuplicateSettings(near=None)))] == ["exact"]
    assert [rule for _, rule, *_ in removed_places(MemoryWork(tmp_path / "b", shards, DuplicateSettings(exact=False)))] == ["near", "near"]
    nothing = DuplicateSettings(exact=False, near=None)
    assert removed_places(MemoryWork(tmp_path / "c", shards, nothing)) == []


def test_no_shard_and_empty_shards_have_no_duplicates(tmp_path: Path) -> None:
    assert removed_places(MemoryWork(tmp_path / "none", [])) == []
    assert removed_places(MemoryWork(tmp_path / "empty", [[], [""], ["", " "]])) == []


def test_a_damaged_exchange_is_no_result(tmp_path: Path) -> None:
    work = MemoryWork(tmp_path, [["alpha beta gamma"], ["alpha beta gamma"]])
    found = find_duplicates(work)
    path = tmp_path / "copies-000000.rows"
    whole = path.read_bytes()
    for damaged, said in ((whole[:-1], "cut short"), (b"\1" + whole[1:], "not those that were written")):
        path.write_bytes(damaged)
        with pytest.raises(RunFolderError, match=said):
            found.removed(1)
