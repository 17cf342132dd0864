from __future__ import annotations

import pytest

from holdfast.core import InputError
from holdfast.training import HeadFirstConfig, ReplayConfig, TrainConfig, plan_training


def config(**values: object) -> TrainConfig:
    return TrainConfig(model="m", data="d", out="o", **values)  # type: ignore[arg-type]


def test_an_epoch_is_what_nothing_said_means() -> None:
    plan = plan_training(config(batch=8, accumulation=2), rows=100)
    assert (plan.steps, plan.rows_per_step, plan.epochs) == (7, 16, 1.0)


def test_steps_say_how_many_passes_they_are() -> None:
    assert plan_training(config(batch=10, steps=25), rows=100).epochs == 2.5


def test_replay_comes_on_top_of_the_epochs() -> None:
    plan = plan_training(config(batch=10, epochs=1, replay=ReplayConfig(data="s", every=5)), rows=100, safety_rows=7)
    assert (plan.steps, plan.safety_steps) == (12, 2)


def test_replay_that_never_comes_is_refused() -> None:
    with pytest.raises(InputError, match="there are only 3"):
        plan_training(config(batch=10, steps=3, replay=ReplayConfig(data="s", every=5)), rows=100, safety_rows=7)


def test_the_head_may_not_take_every_step() -> None:
    assert plan_training(config(method="full", steps=20, head_first=HeadFirstConfig(share=0.1)), rows=9).head_steps == 2
    with pytest.raises(InputError, match="leave none for the rest"):
        plan_training(config(method="full", steps=20, head_first=HeadFirstConfig(steps=20)), rows=9)


def test_the_rate_rises_over_the_warm_up_and_is_never_zero() -> None:
    plan = plan_training(config(steps=100, warmup=10), rows=100)
    shares = [plan.rate_share(done) for done in range(100)]
    assert min(shares) > 0
    assert shares[10] == 1.0
    assert shares[:11] == sorted(shares[:11])
    assert shares[10:] == sorted(shares[10:], reverse=True)


def test_the_constrained_loss_warms_up_for_ten_steps() -> None:
    assert plan_training(config(steps=100, loss="constrained"), rows=9).warmup_steps == 10
    assert plan_training(config(steps=100), rows=9).warmup_steps == 3


@pytest.mark.parametrize(("schedule", "half"), [("linear", 0.5), ("cosine", 0.5), ("constant", 1.0)])
def test_schedules(schedule: str, half: float) -> None:
    plan = plan_training(config(steps=100, warmup=0, schedule=schedule), rows=9)
    assert plan.rate_share(50) == pytest.approx(half)
