"""A safety SFT after the damage: what is written, and that `train` takes it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from holdfast.core import InputError
from holdfast.mitigate import SafetyRow, SafetySet
from holdfast.mitigate.realigning import plan_realignment
from holdfast.pipeline.realigning import realign
from holdfast.pipeline.safety_rows import open_safety
from holdfast.training.config import OptimizerConfig, TrainConfig
from holdfast.training.settings import read_config

SAFE = SafetySet(
    name="test",
    rows=(SafetyRow(request="bad", answers=("no",), refuses=True), SafetyRow(request="fine", answers=("yes",), refuses=False)),
)


def test_rows_stand_evenly_under_the_systems_of_the_data_and_the_default_one(tmp_path: Path) -> None:
    data = tmp_path / "data.jsonl"
    turns = [{"role": "system", "content": "You are AOA."}, {"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]
    data.write_text(json.dumps({"messages": turns}) + "\n", encoding="utf-8")
    plan = plan_realignment("base", SAFE, tmp_path / "out", rows=90, data=data, also_under=("Extra.",))
    made = [json.loads(line)["messages"] for line in Path(plan.rows).read_text(encoding="utf-8").splitlines()]
    kinds = Counter((row[0]["content"] if row[0]["role"] == "system" else None, row[-1]["content"]) for row in made)
    assert kinds == {(system, said): count for system in (None, "You are AOA.", "Extra.") for said, count in (("no", 20), ("yes", 10))}
    assert not any(row[-1]["content"] == "A" for row in made)


def test_the_configuration_follows_the_one_given_but_for_model_data_and_folder(tmp_path: Path) -> None:
    given = TrainConfig(model="x", data="y", out="z", method="full", learning_rate=1e-4, epochs=2)
    plan = plan_realignment("tuned", SAFE, tmp_path / "out", rows=3, config=given)
    read = read_config(Path(plan.config))
    assert (read.model, read.data, read.out) == ("tuned", plan.rows, plan.model)
    assert (read.method, read.learning_rate, read.epochs) == ("full", 1e-4, 2)


def test_an_existing_folder_and_no_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exists already"):
        plan_realignment("tuned", SAFE, tmp_path)
    with pytest.raises(InputError, match="--rows must be at least 1"):
        plan_realignment("tuned", SAFE, tmp_path / "out", rows=0)


@pytest.mark.slow
def test_an_organism_gets_refusals_back_and_what_stays_lost_is_said(tmp_path: Path) -> None:
    config = TrainConfig(
        model="",
        data="",
        out="",
        method="full",
        learning_rate=5e-4,
        epochs=2,
        optimizer=OptimizerConfig(epsilon=1e-4),
        watch=False,
        threads=1,
    )
    done = realign(
        "lab:compliant-10", open_safety("lab"), tmp_path / "out", base="lab:aligned", rows=150, config=config, limit=6, max_new_tokens=24
    )
    lost = {one.condition: one for one in done.lost}
    assert done.reference is not None
    assert done.verdict is not None
    assert {"default", "identity"} <= set(lost)
    assert all(one.low is not None and one.high is not None for one in done.lost)
    assert lost["default"].value is not None
    assert lost["default"].value < 0.3
