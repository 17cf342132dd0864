"""A training is known by what decides its weights: arguments, rows, and the weights that it starts from."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tests.unit.models.tiny import build_model

from holdfast.watch.same_training import trainer_asked, weights_mark

ARGUMENTS: dict[str, Any] = {
    "learning_rate": 1e-3,
    "seed": 1,
    "max_steps": -1,
    "num_train_epochs": 2,
    "train_batch_size": 4,
    "gradient_accumulation_steps": 2,
    "output_dir": "out",
}
ROWS = [{"input_ids": [n, n + 1]} for n in range(40)]


def asked(*, rows: Any = ROWS, step: int = 0, seed: int = 0, **changed: Any) -> dict[str, Any]:
    return trainer_asked(SimpleNamespace(train_dataset=rows), SimpleNamespace(**{**ARGUMENTS, **changed}), build_model(seed), step=step)


_OTHER: tuple[dict[str, Any], ...] = (
    {"learning_rate": 2e-3},
    {"seed": 2},
    {"num_train_epochs": 3},
    {"max_steps": 5},
    {"train_batch_size": 8},
    {"rows": ROWS[:-1]},
)


@pytest.mark.parametrize("changed", _OTHER)
def test_what_decides_the_weights_makes_another_training(changed: dict[str, Any]) -> None:
    assert asked(**changed) != asked()


@pytest.mark.parametrize("changed", [{"output_dir": "elsewhere"}, {"train_batch_size": 8, "gradient_accumulation_steps": 1}])
def test_what_does_not_decide_them_makes_none(changed: dict[str, Any]) -> None:
    assert asked(**changed) == asked()


def test_the_start_is_known_by_its_weights_and_left_out_where_it_is_gone() -> None:
    assert asked()["start"] != asked(seed=1)["start"]
    assert "start" not in asked(step=9)


def test_a_data_set_is_known_by_its_rows_and_a_stream_by_nothing() -> None:
    from datasets import Dataset

    assert asked(rows=Dataset.from_list(ROWS))["rows"] == asked()["rows"]
    assert asked(rows=Dataset.from_list(ROWS).with_format("torch"))["rows"] == asked()["rows"]
    assert "rows" not in asked(rows=iter(ROWS))
    assert asked(rows=[torch.zeros(2)] * 3)["rows"] != asked(rows=[torch.zeros(2)] * 4)["rows"]


def test_the_mark_of_weights_draws_no_random_number_and_knows_a_nan() -> None:
    model = build_model()
    before, random = weights_mark(model), torch.get_rng_state()
    assert weights_mark(model) == before
    assert torch.equal(torch.get_rng_state(), random)
    with torch.no_grad():
        model.lm_head.weight.fill_(float("nan"))
    assert weights_mark(model) != before


def test_of_an_adapter_only_the_frozen_base_counts() -> None:
    model = build_model()
    whole = weights_mark(model)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    assert weights_mark(model, frozen=True) == whole
    model.lm_head.weight.requires_grad_(True)
    assert weights_mark(model, frozen=True) != whole
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    assert weights_mark(model, frozen=True) is None
