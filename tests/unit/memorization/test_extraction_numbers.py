"""Numbers of extraction: how many samples, how far apart."""

from __future__ import annotations

from math import ceil, inf, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.core import InputError
from holdfast.memorization import samples_needed
from holdfast.memorization.distance import edit_distance


@pytest.mark.parametrize(
    ("p", "chance", "samples"), [(0.01, 0.5, 69), (0.01, 0.9, 230), (1e-3, 0.9, 2302), (1e-4, 0.99, 46050), (1.0, 0.9, 1), (0.5, 0.5, 1)]
)
def test_golden_values_of_the_literature(p: float, chance: float, samples: int) -> None:
    assert ceil(samples_needed(log(p), chance) - 1e-9) == samples


def test_tiny_and_impossible_texts() -> None:
    assert samples_needed(-inf, 0.5) == inf
    assert samples_needed(-200.0, 0.5) == pytest.approx(5.0e86, rel=0.01)
    with pytest.raises(InputError):
        samples_needed(-1.0, 1.0)


@given(st.floats(min_value=-50, max_value=-0.01), st.floats(min_value=0.01, max_value=0.99))
def test_that_many_samples_give_that_chance(log_p: float, chance: float) -> None:
    from math import exp, expm1, log1p

    samples = samples_needed(log_p, chance)
    reached = -expm1(samples * log1p(-exp(log_p)))
    assert reached >= chance - 1e-6
    assert samples == 1.0 or reached == pytest.approx(chance, abs=1e-6)


@pytest.mark.parametrize(("one", "other", "edits"), [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "abc", 0), ("你好吗", "你吗", 1)])
def test_edit_distance(one: str, other: str, edits: int) -> None:
    assert edit_distance(one, other) == edits
    assert edit_distance(other, one) == edits


@given(st.text("abc", max_size=8), st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_edit_distance_is_a_metric(one: str, two: str, three: str) -> None:
    assert edit_distance(one, three) <= edit_distance(one, two) + edit_distance(two, three)
    assert (edit_distance(one, two) == 0) == (one == two)
    assert edit_distance(one, two, most=1) == min(edit_distance(one, two), 2)
