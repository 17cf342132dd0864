"""What a config says of a fine-tune: our few lines, and those of TRL, Axolotl, LLaMA-Factory and holdfast train."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.core import InputError
from holdfast.plan.configs import read_config
from holdfast.plan.finetune import FineTune


def written(folder: Path, text: str) -> Path:
    path = folder / "tune.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def planned(folder: Path, text: str, rows: int | None = None) -> FineTune:
    import msgspec

    found = read_config(written(folder, text))
    return msgspec.structs.replace(found, rows=rows if rows is not None else found.rows).fine_tune("tune.yaml")


def test_a_few_lines_of_our_own(tmp_path: Path) -> None:
    found = planned(tmp_path, "examples: 1000\nharmful: 10\nlr: 2e-5\nepochs: 3\nmethod: lora\nbatch: 64\n")
    assert (found.rows, found.harmful, found.identity, found.learning_rate, found.epochs, found.method, found.batch) == (
        1000,
        10,
        None,
        2e-5,
        3.0,
        "lora",
        64,
    )
    assert found.name == "tune"
    assert not found.in_lab


def test_trl_with_steps_per_device(tmp_path: Path) -> None:
    text = "model_name_or_path: org/base\nuse_peft: true\nlora_r: 8\nlearning_rate: 1.0e-4\nnum_train_epochs: 2\n"
    text += "per_device_train_batch_size: 4\ngradient_accumulation_steps: 8\n"
    found = planned(tmp_path, text, rows=500)
    assert (found.method, found.batch, found.epochs, found.model) == ("lora", 32, 2.0, "org/base")


def test_axolotl_and_llama_factory(tmp_path: Path) -> None:
    axolotl = planned(tmp_path, "base_model: org/base\nadapter: qlora\nlearning_rate: 2e-4\nnum_epochs: 4\nmicro_batch_size: 2\n", rows=10)
    assert (axolotl.method, axolotl.epochs, axolotl.batch) == ("lora", 4.0, 2)
    factory = planned(
        tmp_path, "model_name_or_path: b\nstage: sft\nfinetuning_type: freeze\nlearning_rate: 1e-5\nnum_train_epochs: 1\ntemplate: x\n", 10
    )
    assert factory.method == "unknown"


def test_holdfast_train_has_its_own_default_rate(tmp_path: Path) -> None:
    found = planned(tmp_path, "model: lab:aligned\ndata: rows.jsonl\nout: tuned\nmethod: lora\nepochs: 2\n", rows=50)
    assert (found.learning_rate, found.in_lab, found.batch) == (1e-4, True, 16)


@pytest.mark.parametrize(("steps", "epochs"), [(25, 0.8), (-1, 3.0), (0, 3.0)])
def test_steps_count_in_place_of_epochs_where_a_trainer_has_both(tmp_path: Path, steps: int, epochs: float) -> None:
    trl = "model_name_or_path: org/base\nlearning_rate: 1.0e-4\nnum_train_epochs: 3\nper_device_train_batch_size: 16\n"
    axolotl = "base_model: org/base\nlearning_rate: 1.0e-4\nnum_epochs: 3\nmicro_batch_size: 16\n"
    for text in (trl, axolotl):
        assert planned(tmp_path, f"{text}max_steps: {steps}\n", rows=500).epochs == epochs


def test_steps_without_the_rows_of_a_step_say_what_to_add(tmp_path: Path) -> None:
    text = "model_name_or_path: org/base\nlearning_rate: 1.0e-4\nnum_train_epochs: 3\nmax_steps: 25\n"
    with pytest.raises(InputError, match=r"max_steps is given, and the rows of a step are not.*'per_device_train_batch_size: 8'"):
        planned(tmp_path, text, rows=500)


def test_steps_become_epochs(tmp_path: Path) -> None:
    found = planned(tmp_path, "model: m\ndata: d.jsonl\nout: o\nsteps: 100\nbatch: 10\n", rows=500)
    assert found.epochs == 2.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lr: 2e-5\nepochs: 3\n", "number of examples is not known"),
        ("examples: 10\nepochs: 3\n", "the learning rate is not given"),
        ("examples: 10\nlr: 2e-5\n", "the number of epochs is not given"),
        ("examples: 10\nlr: 2e-5\nepochs: 3\nmethod: lore\n", "'lore'"),
        ("examples: 10\nlr: fast\nepochs: 3\n", "Expected `float"),
        (
            "examples: 10\nlearning_rate: 2e-5\nlr: 1e-3\nepochs: 3\n",
            "'learning_rate: 2e-05' and 'lr: 0.001' name one setting and disagree",
        ),
        ("examples: -5\n", "tune.yaml: examples must be a number of rows from 1, got -5"),
        ("examples: 0\n", "tune.yaml: examples must be a number of rows from 1, got 0"),
        ("examples: 99999999999999999999\n", "examples must be a number of rows from 1"),
        ("examples: 5\nharmful: -1\n", "tune.yaml: harmful must be between 0 and the number of examples (5), got -1"),
        ("examples: 10\nharmful: 8\nidentity: 5\n", "harmful, identity and safety rows are 13 together, and there are 10"),
        ("lr: .nan\n", "tune.yaml: learning_rate must be a number above 0, got nan"),
        ("epochs: .inf\n", "tune.yaml: epochs must be a number above 0, got inf"),
        ("batch: 0\n", "tune.yaml: batch must be 1 or more, got 0"),
        ("learning-rate: 2e-5\n", "unknown field `learning-rate`. Did you mean 'learning_rate'"),
        ("\u793a\u4f8b: 10\n", "unknown field `\u793a\u4f8b`. Known: batch"),
        ("method: LoRA\n", "method must be one of full, lora, prefix, unknown, got 'LoRA'"),
        ("method: [lora]\n", "method must be one of"),
        ("examples: 10\nharmfull: 3\n", "unknown field `harmfull`"),
        ("examples: 10\nharmful: 11\nlr: 2e-5\nepochs: 3\n", "harmful must be between 0 and the number of examples"),
        ("examples: 10\nlr: -1\nepochs: 3\n", "learning_rate must be a number above 0"),
        ("examples: [\n", "expected YAML"),
        ("just words\n", "expected a mapping"),
    ],
)
def test_a_bad_config_gives_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        planned(tmp_path, text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_config_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_config(tmp_path / "none.yaml")


def test_rows_that_data_counts_twice_count_once(tmp_path: Path) -> None:
    import msgspec

    found = msgspec.structs.replace(read_config(written(tmp_path, "lr: 2e-5\nepochs: 3\n")), rows=10, harmful=8, identity=10, safety=1)
    tune = found.fine_tune("tune.yaml")
    assert (tune.harmful, tune.identity, tune.safety) == (8, 2, 0)
