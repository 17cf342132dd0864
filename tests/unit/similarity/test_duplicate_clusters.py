from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.unit.detectors.duplicates.corpus import as_u64

from holdfast.similarity.clusters import ROUNDS, component_labels, components, effective_number, first_copies, settle


def _pairs(*pairs: tuple[int, int]) -> NDArray[np.int64]:
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _never(pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.zeros(len(pairs))


def test_components_are_rows_that_hang_together() -> None:
    rows, labels = components(_pairs((1, 9), (9, 4), (20, 30), (30, 31)))
    assert rows.tolist() == [1, 4, 9, 20, 30, 31]
    assert [labels[0], labels[0], labels[0], labels[3], labels[3], labels[3]] == labels.tolist()
    assert labels[0] != labels[3]


def test_a_long_chain_is_one_component() -> None:
    order = np.random.default_rng(0).permutation(5_000)
    rows, labels = components(np.stack([order[:-1], order[1:]], axis=1))
    assert len(rows) == 5_000
    assert len(set(labels.tolist())) == 1


def test_no_pairs_have_no_components() -> None:
    rows, labels = components(_pairs())
    assert len(rows) == len(labels) == len(component_labels(_pairs())) == 0


def test_each_pair_gets_the_label_of_its_component() -> None:
    labels = component_labels(_pairs((5, 6), (0, 1), (1, 5), (8, 9)))
    assert labels[0] == labels[1] == labels[2] != labels[3]


def test_the_first_row_of_equal_ones_is_the_first_copy() -> None:
    content = as_u64([5, 7, 5, 9, 7, 5])
    live = np.array([True, True, True, False, True, True])
    assert first_copies(content, live).tolist() == [0, 1, 0, -1, 1, 0]


def test_a_row_goes_where_it_resembles_one_that_stays() -> None:
    # 0-1 and 1-2 are alike, 0-2 are not: 1 goes, 2 stays, since what it resembles is gone.
    removed = settle(_pairs((0, 1), (1, 2)), np.array([0.9, 0.95]), 0.8, _never)
    assert removed.rows.tolist() == [1]
    assert removed.kept.tolist() == [0]
    assert removed.similarity.tolist() == [0.9]
    assert (removed.clusters, removed.unsettled) == (1, 0)


def test_pairs_that_no_band_proposed_are_measured() -> None:
    asked: list[tuple[int, int]] = []

    def measure(pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        asked.extend((int(left), int(right)) for left, right in pairs)
        return np.full(len(pairs), 0.85)

    removed = settle(_pairs((0, 1), (1, 2)), np.array([0.9, 0.95]), 0.8, measure)
    assert asked == [(0, 2)]
    assert dict(zip(removed.rows.tolist(), removed.kept.tolist(), strict=True)) == {1: 0, 2: 0}
    assert removed.similarity.tolist() == [0.9, 0.85]


def test_a_row_that_stays_takes_later_ones_with_it() -> None:
    removed = settle(_pairs((0, 3), (2, 3), (2, 5)), np.array([0.8, 0.9, 0.81]), 0.8, _never)
    assert list(zip(removed.rows.tolist(), removed.kept.tolist(), strict=True)) == [(3, 0), (5, 2)]
    assert removed.clusters == 2


def test_a_cluster_of_too_many_unlike_rows_is_left_alone() -> None:
    count = ROUNDS + 11
    chain = np.stack([np.arange(count - 1), np.arange(1, count)], axis=1)
    removed = settle(chain, np.full(len(chain), 0.7), 0.8, _never)
    assert len(removed.rows) == 0
    assert removed.unsettled == 11


def test_no_edges_remove_nothing() -> None:
    removed = settle(_pairs(), np.zeros(0), 0.8, _never)
    assert (len(removed.rows), removed.clusters, removed.unsettled) == (0, 0, 0)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [([1] * 8, 8.0), ([3, 3], 2.0), ([5], 1.0), ([2, 1, 1], 2 ** (0.5 * 1 + 0.25 * 2 + 0.25 * 2)), ([1] * 10**6, 1e6)],
)
def test_the_effective_number_of_rows(sizes: list[int], expected: float) -> None:
    assert effective_number(np.array(sizes)) == pytest.approx(expected)


@pytest.mark.parametrize("rows", [1, 3, 10, 999, 1_000_000])
def test_a_set_without_repeats_is_worth_its_rows_exactly(rows: int) -> None:
    assert effective_number(np.ones(rows, dtype=np.int64)) == rows


def test_nothing_has_no_effective_number() -> None:
    with pytest.raises(ValueError, match="at least one cluster"):
        effective_number(np.zeros(0, dtype=np.int64))
