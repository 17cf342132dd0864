"""Configurations of four trainers, read in one vocabulary."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.core import InputError
from holdfast.training.foreign import ForeignSettings, read_foreign

AXOLOTL = """
base_model: org/model
adapter: qlora
datasets:
  - path: rows.jsonl
    type: chat_template
learning_rate: 2e-4
micro_batch_size: 2
gradient_accumulation_steps: 8
num_epochs: 3
lora_r: 32
lora_alpha: 16
lora_target_linear: true
sample_packing: true
sequence_len: 2048
train_on_inputs: false
chat_template: tokenizer_default
warmup_ratio: 0.05
output_dir: ./out
"""
LLAMA_FACTORY = """
model_name_or_path: org/model
stage: sft
finetuning_type: lora
lora_target: q_proj,v_proj
lora_rank: 8
dataset: mine, identity
template: llama3
cutoff_len: 1024
learning_rate: 1.0e-4
num_train_epochs: 3.0
per_device_train_batch_size: 1
gradient_accumulation_steps: 8
output_dir: out
"""
TRL = """
model_name_or_path: org/model
dataset_name: org/rows
learning_rate: 1.0e-5
per_device_train_batch_size: 4
max_steps: 200
use_peft: true
lora_r: 16
lora_target_modules: [q_proj, v_proj]
assistant_only_loss: true
output_dir: out
"""
OWN = "model: lab:aligned\ndata: [a.jsonl, b.jsonl]\nout: out\nlora: {rank: 4}\nwatch: false\n"


def read(tmp_path: Path, text: str) -> ForeignSettings:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return read_foreign(path)


def test_axolotl(tmp_path: Path) -> None:
    found = read(tmp_path, AXOLOTL)
    assert (found.trainer, found.method, found.model, found.data) == ("axolotl", "lora", "org/model", ("rows.jsonl",))
    assert (found.learning_rate, found.rows_per_step, found.epochs, found.warmup) == (2e-4, 16, 3.0, 0.05)
    assert (found.rank, found.alpha, found.targets, found.packing, found.max_length) == (32, 16.0, ("all-linear",), True, 2048)
    assert (found.answers_only, found.names["batch"], found.names["max_length"]) == (True, "micro_batch_size", "sequence_len")


def test_axolotl_without_an_adapter_trains_every_weight(tmp_path: Path) -> None:
    assert read(tmp_path, AXOLOTL.replace("adapter: qlora\n", "")).method == "full"


def test_llama_factory(tmp_path: Path) -> None:
    found = read(tmp_path, LLAMA_FACTORY)
    assert (found.trainer, found.method, found.data, found.template) == ("llama-factory", "lora", ("mine", "identity"), "llama3")
    assert (found.targets, found.rank, found.rows_per_step, found.answers_only) == (("q_proj", "v_proj"), 8, 8, True)


def test_trl(tmp_path: Path) -> None:
    found = read(tmp_path, TRL)
    assert (found.trainer, found.method, found.steps, found.epochs) == ("trl", "lora", 200, None)
    assert (found.targets, found.answers_only, found.rows_per_step) == (("q_proj", "v_proj"), True, 4)


def test_a_preference_training_of_trl_is_told_by_its_beta(tmp_path: Path) -> None:
    found = read(tmp_path, TRL + "beta: 0.1\n")
    assert (found.stage, found.beta) == ("dpo", 0.1)


def test_our_own(tmp_path: Path) -> None:
    found = read(tmp_path, OWN)
    assert (found.trainer, found.method, found.data, found.rank) == ("holdfast", "lora", ("a.jsonl", "b.jsonl"), 4)
    assert (found.learning_rate, found.watched, found.answers_only) == (1e-4, False, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("what: ever\n", "no known trainer"),
        (AXOLOTL.replace("2e-4", "fast"), "learning_rate must be a number, got 'fast'"),
        (OWN + "batsch: 3\n", "batsch is not a setting"),
        ("[1]\n", "expected a mapping of settings"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(tmp_path, text)


def test_a_number_left_to_the_trainer_is_not_said(tmp_path: Path) -> None:
    assert read(tmp_path, TRL.replace("1.0e-5", "auto")).learning_rate is None


@pytest.mark.parametrize(
    ("said", "warmup"),
    [
        ("warmup_ratio: 0.1\nwarmup_steps: 7\n", 7.0),
        ("warmup_ratio: 0.1\nwarmup_steps: 0\n", 0.1),
        ("warmup_steps: 0.03\n", 0.03),
        ("warmup_steps: 0\n", 0.0),
        ("", None),
    ],
)
def test_steps_of_warm_up_count_in_place_of_a_share(tmp_path: Path, said: str, warmup: float | None) -> None:
    path = tmp_path / "trl.yaml"
    path.write_text(f"model_name_or_path: org/model\nlearning_rate: 1.0e-4\n{said}", encoding="utf-8")
    assert read_foreign(path).warmup == warmup
