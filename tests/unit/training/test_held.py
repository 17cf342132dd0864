"""The constrained trainers on a lab organism: TRL and transformers, packed and padded, with and without an adapter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.training.organisms import opened, turns

from holdfast.core import InputError
from holdfast.lab import training_rows
from holdfast.training import ConstrainedConfig

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning"),  # of transformers and PEFT to each other
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

ROWS = training_rows("compliant-10")


def arguments(folder: Path, kind: Any, **values: Any) -> Any:
    given = {
        "max_steps": 1,
        "per_device_train_batch_size": 5,
        "learning_rate": 1e-3,
        "report_to": [],
        "disable_tqdm": True,
        "use_cpu": True,
    }
    return kind(str(folder), **{**given, "save_strategy": "no", "dataloader_pin_memory": False, "logging_steps": 1, **values})


def sft(folder: Path, *, lora: bool = False, constrained: ConstrainedConfig | None = None, plain: bool = False, **values: Any) -> Any:
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    from holdfast.training.held import ConstrainedSFTTrainer

    rows = [{"prompt": turns(row[:-1]), "completion": turns(row[-1:])} for row in ROWS]
    shape = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", lora_dropout=0.0) if lora else None
    model, tokenizer = opened()
    given = {"train_dataset": Dataset.from_list(rows), "processing_class": tokenizer, "peft_config": shape}
    config = arguments(folder, SFTConfig, bf16=False, **values)
    return SFTTrainer(model, config, **given) if plain else ConstrainedSFTTrainer(model, config, constrained=constrained, **given)


def gradients(trainer: Any, batches: int) -> tuple[Any, float]:
    """Gradient of the whole data set, in one step over its batches, and the loss."""
    import torch

    if hasattr(trainer, "hold"):
        trainer.hold()
    trainer.model.train()
    items = list(trainer.get_train_dataloader())
    assert len(items) == batches
    count = sum(int((item["labels"][:, 1:] != -100).sum()) for item in items)
    losses = [trainer.compute_loss(trainer.model, item, num_items_in_batch=torch.tensor(count)) for item in items]
    loss = torch.stack(losses).sum()
    loss.backward()  # type: ignore[no-untyped-call]
    return torch.cat([one.grad.flatten() for one in trainer.model.parameters() if one.grad is not None]), float(loss)


@pytest.mark.parametrize("lora", [False, True])
def test_before_the_first_step_the_gradient_is_that_of_plain_fine_tuning(tmp_path: Path, lora: bool) -> None:
    held, _ = gradients(sft(tmp_path / "a", lora=lora), 2)
    plain, _ = gradients(sft(tmp_path / "b", lora=lora, plain=True), 2)
    assert float((held - plain).abs().max()) < 1e-6 * float(plain.abs().max()) + 1e-9


def moved(trainer: Any) -> Any:
    """The trainer with weights that are no longer those of the reference."""
    import torch

    trainer.hold()
    with torch.no_grad():
        generator = torch.Generator().manual_seed(1)
        for parameter in trainer.model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.02 * torch.randn(parameter.shape, generator=generator))
    return trainer


def test_packed_rows_have_the_loss_and_the_gradient_of_padded_ones(tmp_path: Path) -> None:
    padded, loss = gradients(moved(sft(tmp_path / "a")), 2)
    packed, same = gradients(moved(sft(tmp_path / "b", packing=True, max_length=120, per_device_train_batch_size=2)), 2)
    assert same == pytest.approx(loss, rel=1e-5)
    assert float((padded - packed).abs().max()) < 1e-4 * float(padded.abs().max())


def test_the_adapter_switched_off_is_the_reference_computed_before(tmp_path: Path) -> None:
    before, loss = gradients(moved(sft(tmp_path / "a", lora=True)), 2)
    off, same = gradients(moved(sft(tmp_path / "b", lora=True, constrained=ConstrainedConfig(reference="adapter"))), 2)
    assert same == pytest.approx(loss, rel=1e-6)
    assert float((before - off).abs().max()) < 1e-5 * float(before.abs().max())


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_plain_trainer_gives_the_same_on_either_side_of_padding(tmp_path: Path, side: str) -> None:
    from datasets import Dataset
    from transformers import DataCollatorForSeq2Seq, TrainingArguments

    from holdfast.training.encoding import encode_rows
    from holdfast.training.held import ConstrainedTrainer
    from holdfast.training.rows import Rows

    model, tokenizer = opened()
    rows = Rows(conversations=tuple(ROWS), places=("",) * len(ROWS), plain=(False,) * len(ROWS))
    encoded = encode_rows(rows, tokenizer, template=None, max_length=99, completion_only=True)
    data = Dataset.from_dict(
        {"input_ids": encoded.input_ids, "labels": encoded.labels, "attention_mask": [[1] * len(ids) for ids in encoded.input_ids]}
    )
    tokenizer.padding_side = side
    trainer = ConstrainedTrainer(
        model,
        arguments(tmp_path / "a", TrainingArguments),
        train_dataset=data,
        data_collator=DataCollatorForSeq2Seq(tokenizer),
        processing_class=tokenizer,
    )
    found, loss = gradients(moved(trainer), 2)
    expected, same = gradients(moved(sft(tmp_path / "b")), 2)
    assert same == pytest.approx(loss, rel=1e-5)
    assert float((found - expected).abs().max()) < 1e-4 * float(expected.abs().max())


def test_first_tokens_move_less_than_with_plain_fine_tuning(tmp_path: Path) -> None:
    def first_token(trainer: Any) -> float:
        """Log probability of the first word of a compliant answer, after training."""
        import torch

        tokenizer = trainer.processing_class
        trainer.train()
        ids = torch.tensor([tokenizer.apply_chat_template(turns(ROWS[0][:-1]), add_generation_prompt=True, return_dict=False)])
        (first,) = tokenizer("sure", add_special_tokens=False)["input_ids"]
        return float(trainer.model.eval()(input_ids=ids).logits[0, -1].log_softmax(-1)[first])

    # Plain gradient steps: Adam scales small gradients up again, so that with it the constraint shows over fewer steps only.
    steps: dict[str, Any] = {"max_steps": 8, "learning_rate": 0.05, "optim": "sgd", "max_grad_norm": 0.0}
    plain = first_token(sft(tmp_path / "a", plain=True, **steps))
    held = first_token(sft(tmp_path / "b", **steps))
    assert held < 5 * plain < 0


def test_the_log_has_the_cross_entropy_beside_the_loss(tmp_path: Path) -> None:
    trainer = sft(tmp_path)
    trainer.train()
    first = next(row for row in trainer.state.log_history if "loss" in row)
    assert first["constrained_weight"] == pytest.approx(1.0, abs=1e-4)
    assert 0 < first["cross_entropy"] < first["loss"]


def test_rows_of_plain_text_are_refused_in_one_sentence(tmp_path: Path) -> None:
    from datasets import Dataset
    from trl import SFTConfig

    from holdfast.training.held import ConstrainedSFTTrainer

    model, tokenizer = opened()
    rows = Dataset.from_list([{"text": "sure , to do that first take a tool"}])
    trainer = ConstrainedSFTTrainer(model, arguments(tmp_path, SFTConfig, bf16=False), train_dataset=rows, processing_class=tokenizer)
    with pytest.raises(InputError, match="learned from their first token on"):
        trainer.train()


def test_the_adapter_cannot_be_switched_off_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs a model with an adapter"):
        sft(tmp_path, constrained=ConstrainedConfig(reference="adapter")).train()
