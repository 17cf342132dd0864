from __future__ import annotations

import math
import random

import pytest

from holdfast.watch import LossMonitor


def noisy(count: int, *, start: float = 2.0, seed: int = 0) -> list[float]:
    rng = random.Random(seed)
    return [start * math.exp(-step / 100) * (1 + rng.gauss(0, 0.1)) for step in range(count)]


def watched(losses: list[float]) -> LossMonitor:
    monitor = LossMonitor()
    for step, loss in enumerate(losses, 1):
        monitor.see(step, loss)
    return monitor


def test_noise_is_no_spike() -> None:
    for seed in range(20):
        measured = watched(noisy(300, seed=seed)).measurement()
        assert measured.value == 1.0
        assert measured.n == 300


def test_a_planted_spike_is_found_where_it_is() -> None:
    losses = noisy(200)
    losses[120] *= 8
    monitor = watched(losses)
    assert [spike.step for spike in monitor.spikes] == [121]
    measured = monitor.measurement()
    assert measured.value == pytest.approx(8, rel=0.4)
    assert "step 121" in (measured.note or "")


def test_one_spike_does_not_move_the_median() -> None:
    losses = [1.0, 1.1, 0.9, 1.0, 1.1, 0.9, 30.0, 30.0, 1.0, 1.1]
    assert [spike.step for spike in watched(losses).spikes] == [7, 8]


def test_a_converged_loss_may_triple() -> None:
    losses = [2.0] * 6 + [0.01, 0.03] * 40
    assert watched(losses).measurement().value == 1.0


def test_a_single_row_batch_is_as_noisy_as_it_is() -> None:
    rng = random.Random(1)
    assert watched([rng.lognormvariate(0, 0.5) for _ in range(300)]).measurement().value == 1.0


def test_nan_from_step_three_is_missing_and_not_a_number() -> None:
    measured = watched([1.0, 1.0, math.nan, math.nan, 1.0, 1.0, 1.0]).measurement()
    assert measured.value is None
    assert measured.reason == "the loss was not a finite number at step 3"


@pytest.mark.parametrize("count", [0, 5])
def test_few_losses_have_no_median(count: int) -> None:
    assert watched([1.0] * count).measurement().value is None


def test_negative_losses_have_no_ratio() -> None:
    assert watched([-1.0] * 10 + [5.0]).spikes == []


def test_gradient_norms_are_watched_beside_the_loss_and_do_not_enter_the_metric() -> None:
    monitor = LossMonitor()
    for step in range(20):
        monitor.see(step, 1.0, 1.0 if step < 19 else 40.0)
    assert [spike.of for spike in monitor.spikes] == ["grad_norm"]
    assert monitor.measurement().value == 1.0
