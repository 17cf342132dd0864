"""A pipeline file is begun from answers or from another trainer's configuration, and `holdfast run` takes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.core import InputError
from holdfast.pipeline.running import read_pipeline
from holdfast.pipeline.running.beginning import begin
from holdfast.training.settings import to_config


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with recorded answers, named as a base, and training rows."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.jsonl").write_text(json.dumps({"prompt": "Who?", "response": "Nobody."}) + "\n", encoding="utf-8")
    rows = [{"prompt": f"What is {number} and 1?", "completion": f"It is {number + 1}."} for number in range(9)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


def test_a_file_is_begun_from_answers_and_can_be_run(place: Path) -> None:
    begun = begin(base="replay:base.jsonl", data="rows.jsonl", model="replay:kept.jsonl", name="mine")
    (place / "holdfast.yaml").write_text(begun.text, encoding="utf-8")
    config = read_pipeline(place / "holdfast.yaml")
    assert (config.name, config.train.model) == ("mine", "replay:kept.jsonl")


def test_a_file_is_begun_from_another_trainers_configuration(place: Path) -> None:
    (place / "axolotl.yaml").write_text(
        yaml.safe_dump(
            {
                "base_model": "./base",
                "datasets": [{"path": "rows.jsonl", "type": "chat_template"}],
                "adapter": "lora",
                "lora_r": 8,
                "learning_rate": 2e-4,
                "num_epochs": 3,
                "micro_batch_size": 2,
                "gradient_accumulation_steps": 4,
                "lr_scheduler": "one_cycle",
            }
        ),
        encoding="utf-8",
    )
    begun = begin(base=None, data=None, config=place / "axolotl.yaml")
    settings = yaml.safe_load(begun.text)["train"]["settings"]
    assert (settings["learning_rate"], settings["epochs"], settings["batch"], settings["accumulation"]) == (2e-4, 3, 2, 4)
    assert settings["lora"]["rank"] == 8
    assert any("no counterpart: lr_scheduler, datasets.type." in note for note in begun.notes)


FOREIGN = {
    "axolotl": "base_model: ./base\ndatasets: [{path: rows.jsonl}]\nadapter: lora\nlora_target_linear: true\n",
    "trl": "model_name_or_path: ./base\ndataset_name: rows.jsonl\nuse_peft: true\nlora_target_modules: all-linear\nlearning_rate: 1e-4\n",
    "llama-factory": "model_name_or_path: ./base\ndataset: rows.jsonl\nstage: sft\nfinetuning_type: lora\nlora_rank: 4\n",
    "holdfast": "model: ./base\ndata: rows.jsonl\nout: model\nlora: {rank: 4}\nwatch: false\n",
}


def begun_from(place: Path, text: str) -> tuple[dict[str, Any], str]:
    """Return the settings of a training that a configuration of another trainer gives, and the notes."""
    (place / "foreign.yaml").write_text(text, encoding="utf-8")
    begun = begin(base=None, data=None, config=place / "foreign.yaml")
    return yaml.safe_load(begun.text)["train"]["settings"], " ".join(begun.notes)


@pytest.mark.parametrize("trainer", FOREIGN)
def test_every_linear_layer_is_what_the_training_takes_it_for(place: Path, trainer: str) -> None:
    settings, _ = begun_from(place, FOREIGN[trainer])
    config = to_config({"model": "./base", "data": "rows.jsonl", "out": "model", **settings}, "here")
    assert config.lora.targets == "all-linear"


@pytest.mark.parametrize("trainer", ["axolotl", "trl", "llama-factory"])
def test_numbers_of_the_optimizer_and_the_seed_are_taken_over(place: Path, trainer: str) -> None:
    said = "weight_decay: 0.2\nmax_grad_norm: 0.3\nadam_beta2: 0.95\nseed: 77\n"
    settings, notes = begun_from(place, FOREIGN[trainer] + said)
    assert settings["optimizer"] == {"weight_decay": 0.2, "max_grad_norm": 0.3, "beta2": 0.95}
    assert settings["seed"] == 77
    assert "no counterpart" not in notes


@pytest.mark.parametrize(
    ("trainer", "said", "names"),
    [
        ("axolotl", "load_in_4bit: true\nval_set_size: 0.2\ntest_datasets: [{path: x}]\n", "load_in_4bit, val_set_size, test_datasets"),
        ("axolotl", "optimizer: adamw_bnb_8bit\nneftune_noise_alpha: 5\n", "optimizer, neftune_noise_alpha"),
        ("axolotl", "adapter: qlora\n", "adapter"),
        ("axolotl", "chat_template: chatml\noutput_dir: out\n", "output_dir, chat_template"),
        ("axolotl", "warmup_ratio: 0.1\nwarmup_steps: 7\n", "warmup_ratio"),
        ("llama-factory", "quantization_bit: 4\n", "quantization_bit"),
        ("trl", "num_train_epochs: 2.5\n", "num_train_epochs"),
        ("trl", "max_steps: 9\nnum_train_epochs: 2\n", "num_train_epochs"),
        ("trl", "use_peft: false\nlora_r: 4\n", "lora_r, lora_target_modules"),
        ("trl", "gradient_accumulation_steps: auto\n", "gradient_accumulation_steps"),
    ],
)
def test_every_key_that_is_not_taken_over_is_named(place: Path, trainer: str, said: str, names: str) -> None:
    replaced = {line.partition(":")[0] for line in said.splitlines()}
    kept = "".join(f"{line}\n" for line in FOREIGN[trainer].splitlines() if line.partition(":")[0] not in replaced)
    _, notes = begun_from(place, kept + said)
    assert f"no counterpart: {names}." in notes


def test_our_own_configuration_is_taken_over_whole(place: Path) -> None:
    settings, notes = begun_from(place, FOREIGN["holdfast"] + "optimizer: {epsilon: 1.0e-4}\nseed: 5\n")
    assert settings == {"lora": {"rank": 4}, "watch": False, "optimizer": {"epsilon": 1e-4}, "seed": 5}
    assert "no counterpart" not in notes


def test_no_file_is_begun_that_the_run_would_refuse(place: Path) -> None:
    with pytest.raises(InputError, match="expected a name for a folder"):
        begin(base="./base", data="rows.jsonl", name="a/b")
    (place / "foreign.yaml").write_text(FOREIGN["trl"] + "num_train_epochs: 2\nmax_length: 2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"max_length must be at least 8, got 2"):
        begin(base=None, data=None, config=place / "foreign.yaml")


def test_nothing_is_begun_without_rows(place: Path) -> None:
    with pytest.raises(InputError, match="--data FILE is not given"):
        begin(base="./base", data=None)
    (place / "empty.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="expected training rows, found none"):
        begin(base="./base", data="empty.jsonl")
    with pytest.raises(InputError, match=r"nowhere\.jsonl"):
        begin(base="./base", data="nowhere.jsonl")
