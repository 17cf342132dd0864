"""Halves: one to choose on, one to report on, no family in both."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.compare.scripted import make_prompt, make_suite

from holdfast.compare.halves import family_of, half_of, prompts_of_half
from holdfast.plugins import SuiteOptions, open_suite

LAB = open_suite("lab", SuiteOptions())


def test_no_family_of_the_lab_stands_in_both_halves_and_every_category_in_each() -> None:
    halves = [prompts_of_half(LAB, LAB.prompts, half, 3) for half in ("selection", "report")]
    families = [{family_of(LAB, prompt) for prompt in half} for half in halves]
    assert not families[0] & families[1]
    assert sorted(prompt.id for half in halves for prompt in half) == sorted(prompt.id for prompt in LAB.prompts)
    assert len(families[0]) < len(halves[0])
    counts = [Counter(prompt.category for prompt in half) for half in halves]
    assert set(counts[0]) == set(counts[1])


def test_another_seed_deals_otherwise_and_the_same_seed_the_same() -> None:
    first, again, other = (prompts_of_half(LAB, LAB.prompts, "report", seed) for seed in (0, 0, 1))
    assert first == again != other


def test_without_a_half_everything_is_asked() -> None:
    assert prompts_of_half(LAB, LAB.prompts, None, 0) == LAB.prompts


def test_categories_of_one_prompt_each_do_not_all_fall_to_one_half() -> None:
    suite = make_suite(*(make_prompt(f"p{number}", category=f"c{number}") for number in range(10)))
    assert len(prompts_of_half(suite, suite.prompts, "selection", 0)) == 5


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), max_size=60), st.integers(0, 5))
def test_halves_share_nothing_and_leave_nothing_out(items: list[tuple[int, int]], seed: int) -> None:
    split = [
        half_of(items, half, family=lambda item: str(item[0]), stratum=lambda item: item[1], seed=seed) for half in ("selection", "report")
    ]
    assert not {family for family, _ in split[0]} & {family for family, _ in split[1]}
    assert sorted([*split[0], *split[1]]) == sorted(items)
