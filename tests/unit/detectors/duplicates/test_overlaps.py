from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
from tests.unit.detectors.duplicates.corpus import as_u64, text, words_of

from holdfast.similarity.overlaps import ShingleSets, contained, joined, overlaps, shingle_sets


def _sets(*parts: list[int]) -> ShingleSets:
    return ShingleSets(as_u64([value for part in parts for value in part]), np.cumsum([0, *map(len, parts)]).astype(np.int64))


def _as_lists(sets: ShingleSets) -> list[list[int]]:
    return [sets.values[start:stop].tolist() for start, stop in pairwise(sets.bounds)]


def test_a_set_holds_each_run_once_in_order() -> None:
    made = shingle_sets(words_of(["a b a b a b", "", "a b", "c"]), 2)
    assert made.sizes.tolist() == [2, 0, 1, 1]
    assert all(part == sorted(set(part)) for part in _as_lists(made))


def test_overlaps_are_those_of_pythons_sets() -> None:
    draw = random.Random(0)
    texts = [text(draw, draw.choice([0, 1, 3, 40, 700])) for _ in range(60)]
    texts += [f"{one} {two}" for one, two in pairwise(texts)]
    made = shingle_sets(words_of(texts), 2)
    plain = [set(part) for part in _as_lists(made)]
    left, right = (np.array([draw.randrange(len(texts)) for _ in range(2_000)]) for _ in range(2))
    expected = [len(plain[one] & plain[two]) for one, two in zip(left, right, strict=True)]
    assert overlaps(made, left, right).tolist() == expected
    assert max(expected) > 500


def test_empty_sets_overlap_in_nothing() -> None:
    made = _sets([], [1, 2], [])
    assert overlaps(made, np.array([0, 0, 1]), np.array([2, 1, 1])).tolist() == [0, 0, 2]


@pytest.mark.parametrize(("share", "expected"), [(0.5, [True, True, False, False, True]), (1.0, [True, False, False, False, True])])
def test_contained_asks_for_a_share_of_the_smaller_set(share: float, expected: list[bool]) -> None:
    made = _sets([1, 2], [1, 2, 3], [2, 9], [], [], [7, 8])
    left, right = np.array([0, 1, 0, 3, 3]), np.array([1, 2, 5, 0, 4])
    assert contained(made, left, right, share).tolist() == expected


def test_sets_can_be_taken_joined_and_rid_of_what_is_common() -> None:
    made = _sets([1, 5], [2], [], [5, 6, 7])
    assert _as_lists(made.taken(np.array([3, 0, 2]))) == [[5, 6, 7], [1, 5], []]
    assert _as_lists(made.without(as_u64([5, 2]))) == [[1], [], [], [6, 7]]
    assert _as_lists(joined([made, _sets([9]), joined([])])) == [[1, 5], [2], [], [5, 6, 7], [9]]
