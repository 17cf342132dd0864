"""The share of a gain that is kept, and where there is none to keep."""

from __future__ import annotations

import random

import pytest

from holdfast.core import InputError
from holdfast.stats import kept_of_probabilities, kept_of_scores


def test_half_of_the_gain_is_a_half() -> None:
    kept = kept_of_scores([0.0] * 40, [1.0] * 40, [1.0] * 20 + [0.0] * 20)
    assert kept.value == pytest.approx(0.5)
    assert kept.low is not None
    assert kept.high is not None
    assert kept.low < 0.4
    assert kept.high > 0.6


def test_all_kept_is_one_and_never_certain() -> None:
    kept = kept_of_scores([0.0] * 40, [1.0] * 40, [1.0] * 40)
    assert kept.value == 1.0
    assert kept.low is not None
    assert 0.7 < kept.low < 1.0


def test_the_base_given_back_keeps_nothing() -> None:
    kept = kept_of_scores([0.0] * 40, [1.0] * 40, [0.0] * 40)
    assert kept.value == 0.0
    assert kept.high is not None
    assert kept.high < 0.3


def test_worse_than_the_base_is_below_zero() -> None:
    kept = kept_of_scores([0.5, 0.5] * 20, [1.0, 1.0] * 20, [0.25, 0.25] * 20)
    assert kept.value == pytest.approx(-0.5)


def test_no_gain_leaves_nothing_to_keep() -> None:
    assert kept_of_scores([0.0, 1.0] * 20, [0.0, 1.0] * 20, [1.0] * 40).value is None
    assert kept_of_probabilities([-3.0] * 5, [-3.0] * 5, [-2.0] * 5, [3] * 5).value is None


def test_of_log_probabilities_answers_count_by_their_length() -> None:
    kept = kept_of_probabilities([-10.0, -20.0] * 9, [0.0, 0.0] * 9, [-5.0, -10.0] * 9, [5, 10] * 9)
    assert kept.value == pytest.approx(0.5)
    assert kept.gain == pytest.approx(2.0)


@pytest.mark.slow
def test_limits_hold_in_nineteen_of_twenty_worlds() -> None:
    rng, held = random.Random(1), 0
    for _ in range(400):
        base = [float(rng.random() < 0.2) for _ in range(60)]
        tuned = [max(score, float(rng.random() < 0.9)) for score in base]
        repaired = [score if rng.random() < 0.7 else before for before, score in zip(base, tuned, strict=True)]
        kept = kept_of_scores(base, tuned, repaired)
        held += kept.low is not None and kept.high is not None and kept.low <= 0.7 <= kept.high
    assert held >= 370


def test_sides_of_unequal_length_are_refused() -> None:
    with pytest.raises(InputError):
        kept_of_scores([0.0], [1.0, 1.0], [1.0])
    with pytest.raises(InputError):
        kept_of_probabilities([-1.0], [-1.0], [-1.0], [1])
