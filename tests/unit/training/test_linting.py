"""Safe ranges: which advice comes, how loudly, and never without a reason and a source."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.training.foreign import ForeignSettings
from holdfast.training.linting import Advice, lint, safe_ranges, sources


def found(**values: Any) -> dict[str, Advice]:
    return {one.id: one for one in lint(ForeignSettings(**{"trainer": "axolotl", **values})).advice}


@pytest.mark.parametrize(
    ("method", "rate", "level"),
    [
        ("full", 1e-5, None),
        ("full", 2e-5, None),
        ("full", 5e-5, "warn"),
        ("full", 1e-3, "block"),
        ("lora", 1e-4, None),
        ("lora", 5e-4, "warn"),
        ("lora", 2e-3, "block"),
    ],
)
def test_a_learning_rate_is_judged_by_what_is_trained(method: str, rate: float, level: str | None) -> None:
    advice = found(method=method, learning_rate=rate)
    name = "full-learning-rate" if method == "full" else "adapter-learning-rate"
    assert (advice[name].level if name in advice else None) == level
    assert not {"full-learning-rate", "adapter-learning-rate"} & (advice.keys() - {name})


def test_rows_per_step_count_accumulation() -> None:
    assert found(batch=2, accumulation=4)["rows-per-step"].level == "warn"
    assert found(batch=2, accumulation=16)["rows-per-step"].level == "notice"
    assert "rows-per-step" not in found(batch=2, accumulation=64)


def test_a_preference_training_has_bounds_of_its_own() -> None:
    assert found(trainer="trl", stage="dpo", method="full", learning_rate=1e-5).keys() == {"preference-learning-rate", "all-weights"}


def test_what_is_not_said_is_not_judged() -> None:
    result = lint(ForeignSettings(trainer="axolotl", method="lora"))
    assert result.advice == ()
    assert "adapter-learning-rate" not in result.checked


def test_a_blocking_bound_is_seen_and_the_loudest_comes_first() -> None:
    result = lint(ForeignSettings(trainer="trl", method="full", learning_rate=1.0, epochs=4, saved_modules=("lm_head",)))
    assert result.blocking
    assert [one.level for one in result.advice] == sorted((one.level for one in result.advice), key=["block", "warn", "notice"].index)
    assert not lint(ForeignSettings(trainer="trl", method="full", learning_rate=5e-5)).blocking


def test_values_that_are_no_numbers() -> None:
    assert found(saved_modules=("lm_head", "norm"))["head-trained"].value == "lm_head"
    assert "whole-rows-learned" in found(answers_only=False)
    assert "whole-rows-perhaps" in found(trainer="trl")
    assert "whole-rows-perhaps" not in found(trainer="trl", answers_only=True)
    assert "not-watched" in found(trainer="holdfast", watched=False)
    assert "preference-beta" in found(stage="dpo", beta=0.01)
    assert "preference-beta" not in found(stage="sft", beta=0.01)


def test_advice_names_the_key_as_the_configuration_has_it() -> None:
    assert found(epochs=10, names={"epochs": "num_epochs"})["epochs"].setting == "num_epochs"


def test_every_range_has_a_reason_and_known_sources_and_asks_for_something_there_is() -> None:
    fields = {*msgspec.structs.asdict(ForeignSettings(trainer="trl")), "rows_per_step"}
    ids = [one.id for one in safe_ranges()]
    assert len(set(ids)) == len(ids)
    for one in safe_ranges():
        assert one.ask in fields
        assert one.reason.endswith(".")
        assert one.evidence
        assert set(one.evidence) <= sources().keys()
        assert one.values is not None or any(bound is not None for bound in (one.notice, one.warn, one.block))
    assert sources().keys() == {name for one in safe_ranges() for name in one.evidence}


def test_louder_bounds_lie_further_out() -> None:
    for one in safe_ranges():
        bounds = [bound for bound in (one.notice, one.warn, one.block) if bound is not None]
        assert bounds == sorted(bounds, reverse=one.side == "under")
