"""How a fine-tune was trained is read from its folder, and where nothing says it the page says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from holdfast.core import InputError
from holdfast.pipeline.repairing.settings import training_settings

DATA = Path("rows.jsonl")


def folder(path: Path, **files: object) -> str:
    path.mkdir()
    for name, value in files.items():
        (path / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    return str(path)


def test_an_organisms_card_gives_the_labs_own_settings(tmp_path: Path) -> None:
    recipe = {"lr": 2e-3, "epochs": 4, "steps": None, "batch": 8, "eps": 1e-4, "seed": 3, "lora": {"rank": 4, "alpha": 8}}
    tuned = folder(tmp_path / "t", holdfast={"kind": "lab organism", "recipe": recipe})
    known = training_settings("base", tuned, DATA, config=None, seed=0)
    config = known.config
    assert (config.model, config.data, config.method, config.rate, config.epochs, config.batch, config.seed) == (
        "base",
        "rows.jsonl",
        "lora",
        2e-3,
        4,
        8,
        3,
    )
    assert (config.lora.rank, config.optimizer.epsilon, config.watch) == (4, 1e-4, False)


def test_an_adapter_of_somebody_elses_gives_its_shape_and_the_doubt(tmp_path: Path) -> None:
    tuned = "base+" + folder(tmp_path / "t", adapter_config={"r": 32, "lora_alpha": 64})
    known = training_settings("base", tuned, DATA, config=None, seed=7)
    assert (known.config.lora.rank, known.config.lora.alpha, known.config.seed) == (32, 64, 7)
    assert "nothing says how TUNED was trained" in known.source


def test_a_plain_folder_is_a_full_fine_tune_with_the_defaults(tmp_path: Path) -> None:
    known = training_settings("base", folder(tmp_path / "t"), DATA, config=None, seed=0)
    assert known.config.method == "full"
    assert "--config" in known.source


def test_a_configuration_of_the_users_comes_first_and_loses_its_own_repairs(tmp_path: Path) -> None:
    file = tmp_path / "train.yaml"
    file.write_text("model: other\ndata: other.jsonl\nout: o\nlearning_rate: 3e-5\nloss: constrained\nema: 0.9\n", encoding="utf-8")
    config = training_settings("base", folder(tmp_path / "t"), DATA, config=file, seed=0).config
    assert (config.model, config.data, config.rate, config.loss, config.ema) == ("base", "rows.jsonl", 3e-5, "sft", None)


def test_a_broken_card_is_said(tmp_path: Path) -> None:
    tuned = folder(tmp_path / "t")
    (tmp_path / "t" / "holdfast.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="--config"):
        training_settings("base", tuned, DATA, config=None, seed=0)
