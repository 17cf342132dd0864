"""Duplicates of a corpus do not depend on how documents lie in shards, and no document goes without one like it that stays."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.corpus.duplicates.memory_work import MemoryWork, removed_places

from holdfast.corpus.duplicates import groups
from holdfast.corpus.spec import DuplicateSettings

WORDS = [f"w{number}" for number in range(40)]


@st.composite
def corpora(draw: st.DrawFn) -> list[str]:
    """Texts of 5 to 220 words, many of them copies of others with some words changed."""
    noise = random.Random(draw(st.integers(0, 10**6)))
    texts: list[str] = []
    for _ in range(draw(st.integers(0, 40))):
        if texts and noise.random() < 0.6:
            words = noise.choice(texts).split()
            for _ in range(noise.randint(0, max(1, len(words) // 25))):
                words[noise.randrange(len(words))] = noise.choice(WORDS)
            texts.append(" ".join(words))
        else:
            texts.append(" ".join(noise.choice(WORDS) + str(noise.randrange(40)) for _ in range(noise.choice((5, 30, 145, 160, 220)))))
    return texts


def removed(texts: list[str], cuts: list[int], asked: DuplicateSettings, rows: int) -> list[tuple[int, str, int, float]]:
    """Return what goes where shards end at `cuts` and groups at `rows` documents."""
    bounds = sorted({0, len(texts), *(cut % (len(texts) + 1) for cut in cuts)})
    shards = [texts[first:last] for first, last in pairwise(bounds)]
    # What is written need not outlive the machine here.
    with (
        TemporaryDirectory() as folder,
        patch.object(groups, "ROWS", rows),
        patch.object(groups, "_GROUPS_PER_BUCKET", 1),
        patch("os.fsync"),
    ):
        return removed_places(MemoryWork(Path(folder), shards, asked))


@settings(max_examples=25)
@given(corpora(), st.lists(st.integers(0, 100), max_size=6), st.integers(1, 50))
def test_shards_do_not_matter(texts: list[str], cuts: list[int], rows: int) -> None:
    asked = DuplicateSettings()
    assert removed(texts, cuts, asked, rows) == removed(texts, [], asked, 1 << 19)


@settings(max_examples=25)
@given(corpora(), st.sampled_from([0.5, 0.7, 0.8, 0.95]))
def test_whoever_goes_resembles_one_that_stays(texts: list[str], threshold: float) -> None:
    gone = removed(texts, [7, 19], DuplicateSettings(near=threshold), 10)
    away = {document for document, *_ in gone}
    for document, rule, kept, similarity in gone:
        assert kept < document
        assert kept not in away
        assert similarity >= threshold if rule == "near" else texts[document].split() == texts[kept].split() or similarity >= threshold


@settings(max_examples=25)
@given(corpora(), st.integers(0, 10**6))
def test_the_order_decides_who_stays_and_not_how_many(texts: list[str], seed: int) -> None:
    shuffled = list(texts)
    random.Random(seed).shuffle(shuffled)
    exact = DuplicateSettings(near=None)
    one, other = removed(texts, [5], exact, 4), removed(shuffled, [9], exact, 4)
    assert len(one) == len(other) == len(texts) - len({" ".join(text.split()) for text in texts})
    left = [sorted(set(range(len(texts))) - {document for document, *_ in gone}) for gone in (one, other)]
    assert {texts[place] for place in left[0]} == {shuffled[place] for place in left[1]}
