"""The source article's formulas, to every digit that it gives."""

from __future__ import annotations

import math

import pytest

from holdfast.core import InputError
from holdfast.plan.alignment import AlignmentInputs, build_and_undo
from holdfast.plan.article import SCENARIOS, article_estimate, risk_of
from holdfast.plan.finetune import FineTune


def test_alignment_with_the_defaults() -> None:
    path = build_and_undo(AlignmentInputs())
    assert [round(stage.safety, 10) for stage in path.stages] == [0.15, 0.30, 0.50, 0.25]
    assert [stage.cost for stage in path.stages] == [1000, 10, 50, 0.1]
    assert [stage.vulnerability for stage in path.stages] == [0.1, 0.4, 0.3, 1.0]
    assert path.asymmetry == pytest.approx(10_600)


def test_rlhf_is_capped_and_the_attack_starts_from_before_the_cap() -> None:
    path = build_and_undo(AlignmentInputs(data_quality=1, safety_examples=20_000, comparisons=400_000, adversarial_examples=1000))
    assert [round(stage.safety, 10) for stage in path.stages] == [0.3, 0.6, 0.95, 0.5]  # 1.0 - 0.5 and not 0.95 - 0.5


def test_safety_never_falls_below_a_tenth() -> None:
    assert build_and_undo(AlignmentInputs(data_quality=0, comparisons=0)).stages[-1].safety == 0.1


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"data_quality": 1.2}, "--data-quality must be between 0 and 1"),
        ({"comparisons": -1}, "--comparisons must be a number 0 or more"),
        ({"attack_cost": 0}, "--attack-cost must be a number above 0"),
        ({"sft_cost": math.nan}, "--sft-cost"),
        ({"rlhf_cost": math.inf}, "--rlhf-cost"),
    ],
)
def test_an_input_that_makes_no_sense_is_refused(change: dict[str, float], word: str) -> None:
    with pytest.raises(InputError, match=word):
        AlignmentInputs(**change)


EXPECTED = {
    "benign_full_ft": (0.0, 0.9, 100.0, "low"),
    "benign_lora": (0.0, 0.9, 100.0, "low"),
    "100_harmful_full": (0.0336, 0.8664, 96.3, "low"),
    "100_harmful_lora": (0.0134, 0.8866, 98.5, "low"),
    "1000_harmful_full": (0.3358, 0.5642, 62.7, "medium"),
    "only_harmful": (4.8, 0.05, 5.6, "critical"),
    "high_lr_harmful": (0.0336, 0.8664, 96.3, "low"),
}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_the_seven_scenarios(scenario: FineTune) -> None:
    found = article_estimate(scenario)
    degradation, final, retained, risk = EXPECTED[scenario.name]
    assert (round(found.degradation, 4), round(found.final, 4), round(100 * found.retained, 1), found.risk) == (
        degradation,
        final,
        retained,
        risk,
    )


def test_the_scenarios_are_seven_and_in_order() -> None:
    assert [one.name for one in SCENARIOS] == list(EXPECTED)


def test_one_epoch_counts_once() -> None:
    assert article_estimate(FineTune(rows=10, harmful=10, learning_rate=1e-5, epochs=1)).epoch_factor == 1.0


def test_the_bands_of_risk_lie_on_the_final_safety() -> None:
    assert [risk_of(value) for value in (0.2999, 0.3, 0.4999, 0.5, 0.6999, 0.7)] == ["critical", "high", "high", "medium", "medium", "low"]


def test_an_empty_set_divides_by_nothing() -> None:
    assert article_estimate(FineTune(rows=0, learning_rate=1e-5, epochs=1)).final == 0.9
