from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from tests.unit.detectors.duplicates.corpus import words_of

from holdfast.similarity.shingles import shingles
from holdfast.similarity.words import hash_texts

TEXTS = ["a b c d e f", "", "a", "b c", "a b c d", "x a b"]


@pytest.mark.parametrize(("size", "counts"), [(1, [6, 0, 1, 2, 4, 3]), (2, [5, 0, 1, 1, 3, 2]), (5, [2, 0, 1, 1, 1, 1])])
def test_a_text_has_its_runs_and_a_short_one_is_a_run_itself(size: int, counts: list[int]) -> None:
    assert np.diff(shingles(words_of(TEXTS), size).bounds).tolist() == counts


def test_runs_are_equal_where_their_words_are() -> None:
    made = shingles(words_of(TEXTS), 2)
    runs = [made.hashes[start:stop].tolist() for start, stop in pairwise(made.bounds)]
    assert runs[0][1] == runs[3][0] == runs[4][1]
    assert runs[0][0] == runs[5][1]
    assert len({run for text in runs for run in text}) == 7


def test_a_short_text_is_the_hash_of_its_words() -> None:
    words = words_of(TEXTS)
    made = shingles(words, 5)
    assert made.hashes[made.bounds[4]] == hash_texts(words)[4]


def test_the_order_of_words_in_a_run_counts() -> None:
    made = shingles(words_of(["a b", "b a"]), 2)
    assert made.hashes[0] != made.hashes[1]


def test_some_texts_alone_give_what_they_give_among_all() -> None:
    words = words_of(TEXTS)
    whole, some = shingles(words, 2), shingles(words, 2, np.array([4, 0]))
    assert some.hashes.tolist() == [*whole.hashes[whole.bounds[4] : whole.bounds[5]], *whole.hashes[: whole.bounds[1]]]
