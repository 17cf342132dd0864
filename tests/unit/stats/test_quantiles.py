"""Quantiles with limits from order statistics, against the definition and by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from holdfast.core import InputError
from holdfast.stats import quantile, quantile_limits


def test_the_quantile_is_the_smallest_value_that_so_many_do_not_exceed() -> None:
    values = [float(value) for value in range(1, 101)]
    assert (quantile(values, 0.95), quantile(values, 0.5), quantile(values, 1.0)) == (95.0, 50.0, 100.0)
    assert quantile([3.0], 0.95) == 3.0
    assert quantile([2.0, 1.0], 0.5) == 1.0


def test_few_values_set_no_limit_above() -> None:
    limits = quantile_limits([0.1] * 50, 0.95)
    assert (limits.low, limits.high) == (0.1, 1.0)
    # Of 100 values, with 2.4 decimals of the binomial: P(at most 89 below) = 0.011, P(at most 99 below) = 0.994.
    limits = quantile_limits([value / 100 for value in range(100)], 0.95)
    assert (limits.low, limits.high) == (0.89, 0.99)


def test_the_limits_hold_the_quantile_at_least_as_often_as_they_say() -> None:
    random = np.random.default_rng(0)
    for n in (30, 120, 330):
        held = 0
        for draw in random.random((2000, n)):
            limits = quantile_limits(draw.tolist(), 0.95)
            held += limits.low <= 0.95 <= limits.high
        assert held / 2000 >= 0.94


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.5)])
def test_what_is_no_quantile_is_an_error(values: list[float], share: float) -> None:
    with pytest.raises(InputError):
        quantile(values, share)
