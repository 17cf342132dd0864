"""The alarm over canaries: how often it is false, and that it comes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from holdfast.core import InputError
from holdfast.corpus.monitor_null import AlarmRule, CanaryScores, Look, ranked_bits, sequential_looks

RULE = AlarmRule(alpha=0.1, permutations=999)
GROUPS = (1, 4, 16)


def looks(
    rng: np.random.Generator, count: int, *, pool: int = 120, each: int = 3, learned: float = 0.0, stays: float = 0.9
) -> list[list[CanaryScores]]:
    """Draw losses of a pool after each canary's request, as like from look to look as checkpoints are; secrets with many copies sink."""
    canaries = [(group, number) for number, group in enumerate(g for g in GROUPS for _ in range(each))]
    common = rng.normal(size=pool)
    losses = {number: common + rng.normal(size=pool) for _, number in canaries}
    taken = []
    for step in range(count):
        look = []
        for group, number in canaries:
            losses[number] = stays * losses[number] + (1 - stays**2) ** 0.5 * rng.normal(size=pool)
            shown: NDArray[np.float64] = losses[number].copy()
            shown[number] -= learned * step * group
            look.append(CanaryScores(group=group, pool="digits", own=number, bits=ranked_bits(shown, np.zeros(pool, dtype=int))))
        taken.append(look)
    return taken


def raised(found: list[Look]) -> bool:
    return any(look.alarm for look in found)


def test_ranks_are_among_secrets_of_the_same_length_and_ties_do_not_flatter() -> None:
    bits = ranked_bits([1.0, 1.0, 5.0, 0.5], [3, 3, 3, 7])
    assert bits.tolist() == [np.log2(3) - 1, np.log2(3) - 1, 0.0, 0.0]


@pytest.mark.slow
def test_false_alarms_stay_below_alpha_over_all_looks() -> None:
    rng = np.random.default_rng(5)
    runs = 600
    false = sum(raised(sequential_looks(looks(rng, 12), RULE, seed=number)) for number in range(runs))
    # At 12 looks 12/22 of alpha is spent: 0.0545, and 3.2 standard errors above it.
    assert 0.02 < false / runs < 0.085


def test_what_is_learned_raises_the_alarm_and_names_the_copies() -> None:
    found = sequential_looks(looks(np.random.default_rng(1), 8, learned=0.1), RULE, seed=0)
    first = next(look for look in found if look.alarm)
    assert first.group == 16
    assert first.bits[16] > (first.line[16] or 0.0) > 2
    assert not found[0].alarm
    assert all(look.reachable for look in found)
    # Where several sets are as rare as can be, the one that is remembered best is named.
    assert (found[-1].group, found[-1].upwards) == (16, False)


def test_numbers_of_copies_that_rise_together_raise_it_where_none_does_alone() -> None:
    rng = np.random.default_rng(11)
    canaries = [(group, number) for number, group in enumerate(g for g in GROUPS for _ in range(4))]
    look = []
    for group, number in canaries:
        losses = rng.normal(size=400)
        # Each among the likeliest 6 %: four such secrets are rare by 0.004, eight by 0.00002, and a first look has 0.0045 for all sets.
        losses[number] = np.quantile(losses, 0.06 if group > 1 else 0.5)
        look.append(CanaryScores(group=group, pool="digits", own=number, bits=ranked_bits(losses, np.zeros(400, dtype=int))))
    found = sequential_looks([look], AlarmRule(alpha=0.05, permutations=9_999), seed=0)[0]
    assert (found.alarm, found.group, found.upwards) == (True, 4, True)
    assert found.mean > (found.mean_line or 99.0)
    assert all(found.bits[copies] < (line or 0.0) for copies, line in found.line.items())


def test_later_looks_do_not_change_earlier_ones() -> None:
    taken = looks(np.random.default_rng(2), 6, learned=0.05)
    assert sequential_looks(taken, RULE, seed=0)[:4] == sequential_looks(taken[:4], RULE, seed=0)


def test_the_share_of_runs_taken_out_is_what_may_be_spent() -> None:
    found = sequential_looks(looks(np.random.default_rng(3), 30), RULE, seed=0)
    shares = [look.false_alarms for look in found]
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(0.1 * 1 / 11, abs=2e-3)
    assert shares[-1] == pytest.approx(0.1 * 30 / 40, abs=2e-3)


def test_a_fixed_line_says_how_often_it_is_false() -> None:
    taken = looks(np.random.default_rng(4), 10)
    low, high = (sequential_looks(taken, AlarmRule(bits=bits, permutations=999), seed=0) for bits in (2.0, 5.5))
    assert low[-1].false_alarms > 0.8
    assert high[-1].false_alarms < 0.05
    assert all(value == 2.0 for look in low for value in look.line.values())
    assert not sequential_looks(taken, AlarmRule(bits=9.0, permutations=999), seed=0)[0].reachable


def test_too_few_secrets_cannot_raise_it_and_say_so() -> None:
    few = sequential_looks(
        looks(np.random.default_rng(6), 3, pool=10, each=1, learned=9.0), AlarmRule(alpha=0.01, permutations=9999), seed=0
    )
    assert not raised(few)
    assert not any(look.reachable for look in few)


def test_a_model_that_tells_nothing_apart_raises_nothing() -> None:
    flat = [[CanaryScores(group=1, pool="p", own=0, bits=ranked_bits([1.0] * 50, [3] * 50))] for _ in range(3)]
    assert not raised(sequential_looks(flat, RULE, seed=0))


def test_looks_with_other_canaries_and_rules_that_cannot_be_are_refused() -> None:
    taken = looks(np.random.default_rng(7), 2)
    with pytest.raises(InputError, match="same canaries"):
        sequential_looks([taken[0], taken[1][1:]], RULE, seed=0)
    for wrong in ({"alpha": 0.0}, {"bits": -1.0}, {"permutations": 9}):
        with pytest.raises(InputError, match="alarm needs"):
            AlarmRule(**wrong)
