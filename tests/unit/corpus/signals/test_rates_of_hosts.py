from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from holdfast.corpus.signals.rates import Cells, Rates, cells_of, fit

HOSTS, MEAN, SHAPE = 3_000, 0.02, 0.5


def drawn(seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw hosts of very different sizes whose rates follow the model."""
    draw = np.random.default_rng(seed)
    documents = np.clip((draw.pareto(1.2, HOSTS) * 10).astype(np.int64), 1, 5_000)
    return documents, np.minimum(documents, draw.poisson(draw.gamma(SHAPE, MEAN / SHAPE, HOSTS) * documents)).astype(np.int64)


def summed(documents: NDArray[np.int64], shown: NDArray[np.int64]) -> Cells:
    _, place = np.unique(cells_of(documents, shown), return_inverse=True)
    hosts = np.bincount(place).astype(float)
    return Cells(hosts, np.bincount(place, documents) / hosts, np.bincount(place, shown) / hosts)


def fitted(documents: NDArray[np.int64], shown: NDArray[np.int64]) -> Rates:
    rates = fit(summed(documents, shown), 0.01)
    assert rates is not None
    return rates


def test_the_rates_that_hosts_were_drawn_from_come_back_on_the_cautious_side() -> None:
    rates = [fitted(*drawn(seed)) for seed in range(10)]
    assert 1 < np.mean([one.mean for one in rates]) / MEAN < 1.2
    assert 0.75 < np.mean([one.shape for one in rates]) / SHAPE < 1


def test_clean_sets_raise_an_alarm_about_as_seldom_as_promised() -> None:
    alarms = 0
    for seed in range(100):
        documents, shown = drawn(seed)
        alarms += bool((fitted(documents, shown).tail(shown.astype(float), documents.astype(float)) * HOSTS <= 0.01).any())
    # One in a hundred is promised; 6 and more would come about once in two thousand such tests.
    assert alarms <= 5


def test_hosts_that_are_looked_for_do_not_hide_each_other() -> None:
    documents, shown = drawn(1)
    documents[:10], shown[:10] = 400, 350
    p = fitted(documents, shown).tail(shown.astype(float), documents.astype(float)) * HOSTS
    assert (p[:10] <= 0.01).all()
    assert (p[10:] > 0.01).all()


def test_a_host_that_is_always_so_is_no_surprise_on_another_day() -> None:
    rates = Rates(MEAN, SHAPE)
    one = np.array([30.0])
    fresh = rates.tail(one, one)[0]
    known = rates.tail(one, one, before=(np.array([270.0]), np.array([300.0])))[0]
    quiet = rates.tail(one, one, before=(np.array([0.0]), np.array([300.0])))[0]
    assert known > 0.1 > fresh > quiet


def test_the_smallest_number_is_where_the_tail_crosses_the_bar() -> None:
    rates = Rates(MEAN, SHAPE)
    smallest = rates.smallest(1e-8, 2)
    assert smallest is not None
    tail = rates.tail(np.array([smallest - 2.0, smallest]), np.array([smallest - 2.0, smallest]))
    assert tail[0] > 1e-8 >= tail[1]
    assert Rates(0.5, 0.05).smallest(1e-8, 2) is None


def test_too_few_hosts_are_not_judged() -> None:
    documents, shown = drawn(2)
    assert fit(summed(documents[:19], shown[:19]), 0.01) is None
