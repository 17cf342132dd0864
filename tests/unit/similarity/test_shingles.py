from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from holdfast.similarity import shingles as module
from holdfast.similarity.folding import folded_bytes
from holdfast.similarity.shingles import shingles
from holdfast.similarity.words import Words, hash_words, powers

TEXTS = ["", "one", "one two three", "a b c d e f g h i j k l m n o p", "one two three", "x " * 40]


def words() -> Words:
    return hash_words(folded_bytes(pa.array(TEXTS)))


@pytest.mark.parametrize("size", [1, 2, 5, 6, 8, 13, 20])
def test_a_run_has_the_same_hash_whatever_way_it_is_summed(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = shingles(words(), size)
    monkeypatch.setattr(module, "_LONG_RUN", 1 if size < 6 else 99)
    other = shingles(words(), size)
    assert (found.hashes == other.hashes).all()
    assert (found.bounds == other.bounds).all()


@pytest.mark.parametrize("size", [2, 13])
def test_equal_runs_have_equal_hashes_and_others_not(size: int) -> None:
    found = shingles(words(), size)
    counts = np.diff(found.bounds).tolist()
    assert counts == [max(min(len(text.split()), 1), len(text.split()) - size + 1) for text in TEXTS]
    third, fifth = (found.hashes[found.bounds[text] : found.bounds[text + 1]] for text in (2, 4))
    assert (third == fifth).all()
    assert len(set(found.hashes[found.bounds[3] : found.bounds[4]].tolist())) == counts[3]
    assert len(set(found.hashes[found.bounds[5] : found.bounds[6]].tolist())) == 1


def test_powers_are_those_modulo_two_to_the_64th() -> None:
    for count in (3, 10, 5):
        assert powers(0x9E3779B97F4A7C15, count).tolist() == [pow(0x9E3779B97F4A7C15, place, 1 << 64) for place in range(count)]
