"""The budget of a search: nothing is begun that would not fit, and a training that proves too long is stopped."""

from __future__ import annotations

import pytest

from holdfast.core import InputError
from holdfast.pipeline.repairing.budget import Budget, parse_budget
from holdfast.pipeline.repairing.trying import OutOfTime


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90.0), ("30m", 1800.0), ("2h", 7200.0), ("5", 300.0)])
def test_a_budget_is_read_in_seconds_minutes_and_hours(text: str, seconds: float) -> None:
    assert parse_budget(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "0m", "-3m", "nan", "inf", "m"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--budget"):
        parse_budget(text)


def test_a_trial_that_would_not_fit_is_not_begun() -> None:
    clock = Clock()
    budget = Budget(100.0, clock=clock)
    assert budget.fits(trains=True)
    budget.took(30.0, trains=True)
    clock.now += 60.0
    assert budget.fits(trains=True)
    clock.now += 5.0
    assert not budget.fits(trains=True)
    assert budget.fits(trains=False)


def test_a_reserve_and_earlier_parts_of_the_run_are_kept_back() -> None:
    budget = Budget(100.0, spent=40.0, clock=Clock())
    budget.reserve = 20.0
    assert budget.left == pytest.approx(40.0)


def test_a_training_that_would_outlast_the_budget_is_stopped() -> None:
    clock = Clock()
    budget = Budget(100.0, clock=clock)
    for step in range(1, 6):
        budget.watch("training", step, 1000)
        clock.now += 20.0 if step == 1 else 1.0  # the first step compiles, and says nothing about the others
    with pytest.raises(OutOfTime):
        budget.watch("training", 6, 1000)


def test_a_training_that_fits_goes_on() -> None:
    clock = Clock()
    budget = Budget(100.0, clock=clock)
    for step in range(1, 51):
        budget.watch("training", step, 50)
        budget.watch("writing weights", 1, 10**9)
        clock.now += 1.0
    assert budget.spent == pytest.approx(50.0)
