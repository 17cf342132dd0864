from __future__ import annotations

import time

import numpy as np
import pytest
from tests.unit.detectors.duplicates.corpus import words_of

from holdfast.similarity.words import hash_texts


def test_words_of_a_text_stay_in_it() -> None:
    made = words_of(["one two", "", "three", "  ", "你好 four"])
    assert made.counts.tolist() == [2, 0, 1, 0, 3]


def test_a_word_has_one_hash_wherever_it_stands() -> None:
    made = words_of(["alpha beta", "gamma alpha", "x alpha"])
    assert made.hashes[0] == made.hashes[3] == made.hashes[5]
    assert len(set(made.hashes.tolist())) == 4


@pytest.mark.parametrize("size", [1, 7, 8, 9, 15, 16, 17, 255, 256, 257, 5_000])
def test_words_of_any_length_differ_by_their_last_byte(size: int) -> None:
    made = words_of(["a" * size, "a" * (size - 1) + "b", "a" * size + " z", "y " + "a" * size])
    assert made.hashes[0] != made.hashes[1]
    assert made.hashes[0] == made.hashes[2] == made.hashes[5]


def test_trailing_zero_bytes_would_not_be_the_shorter_word() -> None:
    made = words_of(["ab", "ab\u0001c", "abc"])
    assert made.counts.tolist() == [1, 2, 1]
    assert len(set(made.hashes.tolist())) == 3


def test_no_two_of_many_words_collide() -> None:
    many = words_of([" ".join(f"w{number}" for number in range(200_000))])
    assert len(np.unique(many.hashes)) == 200_000


def test_every_bit_of_a_hash_is_used() -> None:
    many = words_of([" ".join(f"{number}" for number in range(10_000))]).hashes
    ones = np.array([((many >> np.uint64(bit)) & np.uint64(1)).mean() for bit in range(64)])
    assert np.abs(ones - 0.5).max() < 0.03


def test_golden_hashes() -> None:
    made = words_of(["the quick brown fox", "你好，世界", "a" * 300])
    assert [f"{value:016x}" for value in made.hashes] == GOLDEN_WORDS
    assert [f"{value:016x}" for value in hash_texts(made)] == GOLDEN_TEXTS


def test_the_hash_of_a_text_knows_order_and_number() -> None:
    made = hash_texts(words_of(["a b", "b a", "a b b", "a", "", "ab", "a  B "]))
    assert len(set(made.tolist())) == 6
    assert made[0] == made[6]
    assert made[4] == 0


def test_the_hash_of_a_text_does_not_depend_on_its_neighbours() -> None:
    alone = hash_texts(words_of(["some words here"]))[0]
    assert hash_texts(words_of(["before it", "some words here", "after"]))[1] == alone


def test_one_huge_word_takes_no_loop_over_its_length() -> None:
    start = time.process_time()
    words_of(["x" * 8_000_000, "y z"])
    assert time.process_time() - start < 5


GOLDEN_WORDS = [
    "0b8e864cbf8bd133",
    "ec2819b044bd9257",
    "dc646cc933812f8b",
    "28fed86a13318994",
    "db3269291c8dbd01",
    "bacc892d42f4804c",
    "5f9d4b078c539eba",
    "65d079911dc29656",
    "4b13c401b12ea04f",
    "04fe56ed263cf715",
]
GOLDEN_TEXTS = ["6e495b7ef63aedac", "00c89d979309be7d", "d5370c671ee6fa8b"]
