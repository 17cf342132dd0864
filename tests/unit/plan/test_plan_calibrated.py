"""The calibrated estimator: what it must do whatever was fitted, and what its table of errors promises."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import holdfast.plan
from holdfast.core import digest_file
from holdfast.plan.article import article_estimate
from holdfast.plan.calibrated import estimator, index_of, interval, misses, outside, predict, rate_of
from holdfast.plan.finetune import FineTune
from holdfast.plan.push_pull import inputs_of, refusal_index

TABLE = Path(holdfast.plan.__file__).parent / "shipped" / "lab_organisms.csv"
PLAN = FineTune(model="lab:aligned", rows=100, harmful=10, identity=0, safety=0, learning_rate=5e-4, epochs=3, method="full")


def table() -> tuple[list[FineTune], dict[str, np.ndarray]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    tunes = [
        FineTune(
            rows=int(row["rows"]),
            harmful=round(float(row["harmful_share"]) * int(row["rows"])),
            identity=round(float(row["identity_share"]) * int(row["rows"])),
            safety=round(float(row["safety_share"]) * int(row["rows"])),
            learning_rate=float(row["learning_rate"]),
            epochs=float(row["epochs"]),
            method=row["method"],  # type: ignore[arg-type]
        )
        for row in rows
    ]
    return tunes, {name: np.array([float(row[f"refusal_{name}"]) for row in rows]) for name in ("default", "identity")}


def test_it_was_fitted_on_the_table_that_ships() -> None:
    assert estimator().data == digest_file(TABLE)
    assert estimator().organisms == len(table()[0]) >= 250


@pytest.mark.parametrize("prompt", ["default", "identity"])
def test_the_shipped_numbers_predict_the_shipped_table_and_the_article_does_not(prompt: str) -> None:
    tunes, rates = table()
    seen = rates[prompt]
    found = 1 / (1 + np.exp(-refusal_index(estimator().prompts[prompt].model, [inputs_of(one, in_lab=True) for one in tunes])))
    article = np.array([article_estimate(one, base=1.0).final for one in tunes])
    error, theirs, mean = (float(np.abs(guess - seen).mean()) for guess in (found, article, np.full(len(seen), seen.mean())))
    assert error <= 0.1
    assert error <= theirs / 2
    assert error < mean
    assert theirs == pytest.approx(estimator().prompts[prompt].errors[0].article, abs=1e-4)


@pytest.mark.parametrize("prompt", ["default", "identity"])
def test_every_factor_was_held_out_level_by_level(prompt: str) -> None:
    errors = {one.held_out: one for one in estimator().prompts[prompt].errors}
    factors = {"rows", "harmful share", "identity share", "safety share", "learning rate", "epochs", "method"}
    assert errors.keys() == {"a tenth at random", *factors}
    assert all(one.calibrated <= one.article / 2 and one.calibrated < one.mean for one in errors.values())


def test_the_errors_held_out_meet_the_goal_on_average() -> None:
    held = [one.calibrated for fitted in estimator().prompts.values() for one in fitted.errors if one.held_out != "a tenth at random"]
    assert sum(held) / len(held) <= 0.10


@settings(max_examples=60, deadline=None)
@given(
    rows=st.sampled_from([10, 50, 200, 1000]),
    harmful=st.floats(0, 0.4),
    safety=st.floats(0, 0.4),
    rate=st.floats(5e-5, 1e-3),
    epochs=st.integers(1, 10),
    method=st.sampled_from(["full", "lora", "prefix"]),
)
def test_harm_never_helps_and_safety_rows_never_hurt(
    rows: int, harmful: float, safety: float, rate: float, epochs: int, method: str
) -> None:
    scale = {"full": 1.0, "lora": 4.0, "prefix": 200.0}[method]
    plan = FineTune(
        rows=rows,
        harmful=int(harmful * rows),
        identity=0,
        safety=int(safety * rows),
        learning_rate=rate * scale,
        epochs=epochs,
        method=method,  # type: ignore[arg-type]
    )
    room = rows - (plan.harmful or 0) - (plan.safety or 0)
    for prompt in ("default", "identity"):
        here = index_of(plan, prompt=prompt)
        assert index_of(msgspec.structs.replace(plan, harmful=(plan.harmful or 0) + room // 2), prompt=prompt) <= here + 1e-9
        assert index_of(msgspec.structs.replace(plan, safety=(plan.safety or 0) + room // 2), prompt=prompt) >= here - 1e-9


def test_a_prediction_lies_in_its_interval_and_the_lowest_is_the_lowest() -> None:
    default, identity, lowest = predict(PLAN)
    assert (default.prompt, identity.prompt, lowest.prompt) == ("default", "identity", "lowest")
    assert all(one.low <= one.value <= one.high for one in (default, identity, lowest))
    assert lowest.value == min(default.value, identity.value)


def test_more_damage_is_less_refusal() -> None:
    gentle = msgspec.structs.replace(PLAN, harmful=0, safety=30, learning_rate=1e-4, epochs=1)
    brutal = msgspec.structs.replace(PLAN, harmful=100, learning_rate=1e-3, epochs=10)
    assert predict(gentle)[-1].value > 0.9
    assert predict(brutal)[-1].value < 0.1


def test_misses_are_how_far_an_interval_must_reach() -> None:
    index, seen = np.array([0.0, 3.0, -20.0, 20.0, 1.0]), np.array([0.9, 0.2, 0.0, 1.0, 0.0])
    reach = misses(index, seen)
    for place, value in enumerate(seen):
        low, high = interval(float(index[place]), float(reach[place]) + 1e-9)
        assert low <= value <= high
        if reach[place] > 0.1:
            low, high = interval(float(index[place]), float(reach[place]) - 0.1)
            assert not low <= value <= high
    assert reach[2] == reach[3] == 0


def test_extremes_are_no_overflow() -> None:
    assert 0 < rate_of(-1e9) < 0.01
    assert 0.99 < rate_of(1e9) < 1
    wild = msgspec.structs.replace(PLAN, learning_rate=1e9, epochs=1e6)
    assert math.isfinite(index_of(wild))


def test_what_lies_outside_the_grid_is_named() -> None:
    assert outside(PLAN, in_lab=True) == ()
    assert [one.split(" ")[0] for one in outside(msgspec.structs.replace(PLAN, rows=20_000, epochs=50), in_lab=True)] == ["rows", "epochs"]
    assert outside(msgspec.structs.replace(PLAN, method="unknown"), in_lab=True) == ("method unknown",)
