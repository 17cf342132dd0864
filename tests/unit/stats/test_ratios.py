"""Ratios of paired scores: golden values by another route, honest ends, and coverage by simulation."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pytest

from holdfast.core import InputError
from holdfast.stats import paired_ratio, probability_ratio
from holdfast.stats.intervals import wilson_limits
from holdfast.stats.ratios import ratio_of_points


def test_the_limits_are_where_the_interval_of_the_difference_just_holds_zero() -> None:
    base, tuned, rho = (0.8, 0.7, 0.87), (0.6, 0.5, 0.69), 0.3
    found = ratio_of_points(base, tuned, rho, confidence=0.95, method="m")

    def edges(ratio: float) -> tuple[float, float]:
        p0, l0, u0 = (ratio * part for part in base)
        p1, l1, u1 = tuned
        below = sqrt((p1 - l1) ** 2 - 2 * rho * (p1 - l1) * (u0 - p0) + (u0 - p0) ** 2)
        above = sqrt((u1 - p1) ** 2 - 2 * rho * (u1 - p1) * (p0 - l0) + (p0 - l0) ** 2)
        return p1 - p0 - below, p1 - p0 + above

    assert found.value == pytest.approx(0.75)
    assert found.high is not None
    assert edges(found.low)[0] == pytest.approx(0.0, abs=1e-12)
    assert edges(found.high)[1] == pytest.approx(0.0, abs=1e-12)


def test_two_perfect_sides_are_equal_and_not_certain() -> None:
    found = paired_ratio([1.0] * 30, [1.0] * 30)
    assert found.value == 1.0
    assert found.high is not None
    assert found.low < 0.95 < 1.0 < found.high


@pytest.mark.parametrize(("right", "n"), [(0, 60), (1, 60), (3, 100)])
def test_a_base_near_zero_gives_limits_and_no_number(right: int, n: int) -> None:
    base = [1.0] * right + [0.0] * (n - right)
    better, none = paired_ratio(base, [1.0] * n), paired_ratio(base, [0.0] * n)
    assert better.value is None
    assert better.low > 5
    assert none.value is None
    assert none.low == 0.0


def test_a_lost_skill_is_far_below_one() -> None:
    found = paired_ratio([1.0] * 90 + [0.0] * 10, [1.0] * 30 + [0.0] * 70)
    assert found.value == pytest.approx(1 / 3)
    assert found.high is not None
    assert found.high < 0.5


def test_graded_scores_are_taken_as_they_are() -> None:
    assert paired_ratio([0.5] * 40, [0.25] * 40).value == pytest.approx(0.5)


@pytest.mark.parametrize(("base", "tuned"), [([], []), ([1.0], [1.0, 0.0]), ([1.0, 2.0], [0.0, 0.0]), ([-0.1], [0.5])])
def test_scores_that_cannot_be_are_refused(base: list[float], tuned: list[float]) -> None:
    with pytest.raises(InputError):
        paired_ratio(base, tuned)


def test_the_probability_of_a_token_is_the_inverse_of_the_perplexity() -> None:
    base, tuned, ratio = probability_ratio([-2.0, -4.0], [-4.0, -8.0], [2, 4])
    assert base == pytest.approx(exp(-1))
    assert tuned == pytest.approx(exp(-2))
    assert ratio.value == pytest.approx(exp(-1))
    assert log(ratio.low) == pytest.approx(-1)  # every answer differs by the same amount per token


def test_one_answer_is_no_sample() -> None:
    with pytest.raises(InputError):
        probability_ratio([-1.0], [-1.0], [3])


@pytest.mark.parametrize(
    ("base", "keep", "gain", "n"), [(0.9, 0.95, 0.3, 100), (0.5, 0.7, 0.2, 60), (0.3, 0.9, 0.1, 200), (0.97, 1.0, 0.0, 50)]
)
def test_the_limits_of_a_ratio_hold_the_truth(base: float, keep: float, gain: float, n: int) -> None:
    rng, runs = np.random.default_rng(5), 1500
    truth = (base * keep + (1 - base) * gain) / base
    held = 0
    for _ in range(runs):
        before = rng.random(n) < base
        after = rng.random(n) < np.where(before, keep, gain)
        found = paired_ratio(before.astype(float).tolist(), after.astype(float).tolist())
        held += found.low <= truth <= (found.high or np.inf)
    assert held / runs >= 0.935


def test_the_limits_of_a_probability_ratio_hold_the_truth() -> None:
    rng, runs, held = np.random.default_rng(6), 800, 0
    for _ in range(runs):
        tokens = rng.integers(3, 30, 40)
        shift = rng.normal(-0.1, 0.3, 40)  # per token, the same for all of an answer
        base = rng.normal(-1.0, 0.2, 40) * tokens
        found = probability_ratio(base.tolist(), (base + shift * tokens).tolist(), tokens.tolist())[2]
        held += found.low <= exp(-0.1) <= (found.high or 0.0)
    assert held / runs >= 0.92


def test_wilson_keeps_a_base_of_eight_right_divisible() -> None:
    low, high = wilson_limits(8 / 1000, 1000, 1.96)
    assert high < 2 * 8 / 1000
    assert low > 0
    assert paired_ratio([1.0] * 8 + [0.0] * 992, [1.0] * 8 + [0.0] * 992).value == 1.0
