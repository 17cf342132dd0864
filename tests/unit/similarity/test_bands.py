from __future__ import annotations

import numpy as np
from tests.unit.detectors.duplicates.corpus import as_u64

from holdfast.similarity.bands import SMALL_BUCKET, candidate_pairs


def _pairs(*bands: list[int], content: list[int] | None = None) -> list[tuple[int, int]]:
    keys = [as_u64(band) for band in bands]
    made = candidate_pairs(keys, as_u64(content if content is not None else list(range(len(bands[0])))))
    return [(int(left), int(right)) for left, right in made]


def test_rows_that_share_a_key_in_some_band_are_a_pair_once() -> None:
    assert _pairs([7, 1, 7, 2], [5, 9, 5, 9]) == [(0, 2), (1, 3)]


def test_a_key_in_two_bands_is_no_pair() -> None:
    assert _pairs([1, 2], [2, 1]) == []


def test_a_small_bucket_gives_all_its_pairs() -> None:
    made = _pairs([3] * SMALL_BUCKET)
    assert made == [(left, right) for left in range(SMALL_BUCKET) for right in range(left + 1, SMALL_BUCKET)]


def test_a_large_bucket_gives_a_star_around_the_row_with_the_smallest_content() -> None:
    size = SMALL_BUCKET + 3
    content = [50, 40, 5, *range(60, 60 + size - 3)]
    made = _pairs([3] * size, content=content)
    assert made == sorted((min(2, other), max(2, other)) for other in range(size) if other != 2)


def test_pairs_grow_with_the_rows_and_not_with_their_square() -> None:
    count = 20_000
    made = candidate_pairs([np.zeros(count, dtype=np.uint64)] * 3, np.arange(count, dtype=np.uint64))
    assert len(made) == count - 1


def test_no_rows_give_no_pairs() -> None:
    assert _pairs([]) == []
    assert _pairs([4]) == []
