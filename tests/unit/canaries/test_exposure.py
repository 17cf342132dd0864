"""Exposure: golden values of the literature, and the null by simulation."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from scipy.stats import kstest, norm, skewnorm

from holdfast.canaries import RankExposure, extrapolate, fits_null, null_threshold, rank_exposure, skew_normal_log2_cdf
from holdfast.core import InputError

THOUSAND = list(range(1, 1001))


@pytest.mark.parametrize(("secret", "bits"), [(0.5, 9.9658), (1, 8.9658), (10, 6.5064), (500, 0.9971), (999, 0.0), (1000, -0.0014)])
def test_sampled_references(secret: float, bits: float) -> None:
    assert rank_exposure(secret, THOUSAND).bits == pytest.approx(bits, abs=5e-5)


@pytest.mark.parametrize(("secret", "bits"), [(0, 4.0), (0.1, 4.0), (3.5, 2.0), (20, -0.0875)])
def test_the_values_that_tf_privacy_publishes(secret: float, bits: float) -> None:
    assert rank_exposure(secret, list(range(1, 17))).bits == pytest.approx(bits, abs=5e-5)


def test_the_whole_space() -> None:
    others = np.arange(1.0, 1_000_000.0)
    best = rank_exposure(0.5, others, exact=True)
    assert best.bits == pytest.approx(19.9316, abs=5e-5)
    assert rank_exposure(1.0, others, exact=True).rank == 1, "a tie puts the secret first in the whole space"
    assert rank_exposure(1.0, others).rank == 2, "and the reference first among sampled ones"
    assert rank_exposure(2e6, others, exact=True).bits == 0.0


def test_under_the_null_exposure_is_exponential() -> None:
    rng = np.random.default_rng(7)
    losses = rng.normal(size=(20_000, 1000))
    found = [rank_exposure(row[0], row[1:], exact=True) for row in losses]
    bits = np.array([one.bits for one in found])
    assert bits.mean() == pytest.approx(1.4364, abs=0.03)  # the discrete null's own mean for 1,000 candidates
    assert (bits >= log2(1 / 0.05)).mean() == pytest.approx(0.05, abs=0.005)
    assert (bits >= log2(1 / 0.01)).mean() == pytest.approx(0.01, abs=0.0025)
    assert kstest(bits, "expon", args=(0, 1 / np.log(2))).statistic < 0.02
    assert fits_null(found[:300]).p == pytest.approx(kstest([one.p - 0.0005 for one in found[:300]], "uniform").pvalue, abs=0.02)


def test_the_p_value_is_that_of_the_rank() -> None:
    assert rank_exposure(0.5, THOUSAND).p == pytest.approx(1 / 1001)
    assert rank_exposure(1000, THOUSAND).p == 1.0


def test_controls_that_stand_out_do_not_fit_the_null() -> None:
    known = [RankExposure(bits=9.0, rank=2, n=1000, exact=False, p=2 / 1001)] * 8
    assert (fits_null(known).p or 0) < 1e-6
    assert fits_null(known[:4]).p is None


def test_the_threshold_is_family_wise() -> None:
    assert null_threshold(1) == pytest.approx(log2(20))
    rng = np.random.default_rng(3)
    ranks = rng.integers(1, 10_001, size=(4_000, 16))
    highest = (np.log2(10_000) - np.log2(ranks)).max(axis=1)
    assert (highest >= null_threshold(16)).mean() == pytest.approx(0.05, abs=0.012)


@pytest.mark.parametrize(("secret", "references"), [(1.0, []), (float("nan"), [1.0]), (1.0, [float("nan")])])
def test_what_is_no_loss_is_refused(secret: float, references: list[float]) -> None:
    with pytest.raises(InputError):
        rank_exposure(secret, references)


def test_the_tail_does_not_underflow() -> None:
    assert -skew_normal_log2_cdf(-12.0, 4.0) == pytest.approx(1780.77, abs=0.01)
    assert -skew_normal_log2_cdf(-40.0, 0.0) == pytest.approx(-norm.logcdf(-40.0) / np.log(2), rel=1e-6)


@pytest.mark.parametrize(("x", "shape"), [(-3.0, -2.0), (0.3, 2.0), (-0.7, 0.5), (2.5, -1.0), (0.0, 0.0)])
def test_the_tail_agrees_with_scipy_where_scipy_can(x: float, shape: float) -> None:
    assert skew_normal_log2_cdf(x, shape) == pytest.approx(log2(skewnorm.cdf(x, shape)), abs=1e-6)


def test_extrapolation_finds_the_truth_within_its_interval_and_sees_a_bad_fit() -> None:
    drawn = skewnorm.rvs(1.5, loc=30, scale=8, size=1000, random_state=2)
    found = extrapolate(15.0, drawn, seed=0)
    assert found is not None
    assert found.low <= -skew_normal_log2_cdf(15.0, 1.5, 30, 8) <= found.high
    assert found.fit_p > 0.05
    two_humps = np.concatenate([drawn, drawn + 60])
    bad = extrapolate(15.0, two_humps, seed=0)
    assert bad is not None
    assert bad.fit_p < 0.05
    assert extrapolate(15.0, np.ones(1000), seed=0) is None
