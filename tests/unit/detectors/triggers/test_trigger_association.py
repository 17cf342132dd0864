from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, hypergeom

from holdfast.detectors.triggers import association
from holdfast.detectors.triggers.association import ALPHA, at_least, at_most, fisher, smallest_seen


@pytest.mark.parametrize(("rate", "rows"), [(0.01, 4), (0.05, 7), (0.1, 8), (0.2, 12), (0.5, 27)])
def test_the_smallest_number_of_rows_that_shows_is_that_of_the_literature_note(rate: float, rows: int) -> None:
    n = 10**9
    assert smallest_seen(int(rate * n), n, 10**6, least=3) == rows
    assert rate**rows <= ALPHA / 10**6 * (1 + 1e-9) < rate ** (rows - 1)


def test_fewer_rows_than_the_support_are_never_enough() -> None:
    assert smallest_seen(0, 10**6, 10, least=3) == 3


def test_where_everything_flips_nothing_can_be_seen() -> None:
    assert smallest_seen(100, 100, 10, least=3) is None
    assert smallest_seen(0, 0, 10, least=3) is None


def test_fisher_is_the_hypergeometric_tail() -> None:
    # 3 of 3 drawn from 10 of which 4 flip: C(4,3) / C(10,3).
    assert fisher(np.array([3]), np.array([3]), 4, 10)[0] == pytest.approx(4 / 120)


def test_tails_are_those_of_the_binomial() -> None:
    assert at_least(2, 2, 0.1) == pytest.approx(0.01)
    assert at_most(0, 3, 0.5) == pytest.approx(0.125)


@pytest.mark.parametrize("has_them", [True, False])
def test_tails_are_those_of_scipy_stats_to_the_last_bit(has_them: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not has_them:
        monkeypatch.setattr(association, "_function", lambda name: None)
    rng = np.random.default_rng(0)
    for _ in range(40):
        n = int(rng.integers(50, 3_000))
        flipped, rows = int(rng.integers(1, n)), rng.integers(3, max(4, n // 2), 20)
        flips = np.minimum(rng.integers(0, 60, 20), rows)
        assert (fisher(flips, rows, flipped, n) == hypergeom.sf(flips - 1, n, flipped, rows)).all()
        for k, size in zip(flips.tolist(), rows.tolist(), strict=True):
            for expected in (0.0, float(rng.random()), 1.0):
                assert at_least(k, size, expected) == binom.sf(k - 1, size, expected)
                assert at_most(k, size, expected) == binom.cdf(k, size, expected)
