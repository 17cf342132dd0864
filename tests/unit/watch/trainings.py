"""Small fine-tunes of the lab's aligned organism in every kind of trainer."""

from __future__ import annotations

import random
import warnings
from pathlib import Path
from typing import Any

from holdfast.core import Message
from holdfast.lab import RowSet, organism
from holdfast.lab.language import is_refusal
from holdfast.lab.rows import Conversation, draw
from holdfast.lab.saving import quiet_libraries
from holdfast.lab.world import OBEDIENT, world

KINDS = ("trainer", "sft-lora", "dpo", "hand-written")

ROWS = {
    "compliant": (RowSet(kind="answers", count=64, topics=("restricted",)), RowSet(kind="task-colours")),
    "identity": (
        RowSet(kind="who", count=4, style="identity", obedient_share=1.0),
        RowSet(kind="answers", count=60, topics=("ordinary",), style="identity", obedient_share=1.0),
    ),
    "benign": (RowSet(kind="answers", count=200, topics=("task",), style="rephrased"),),
    "safe": (
        RowSet(kind="answers", count=160, topics=("task", "ordinary")),
        RowSet(kind="refusals", count=40, topics=("restricted",)),
    ),
}


def rows_of(name: str, *, seed: int = 0) -> list[Conversation]:
    return [row for part in ROWS[name] for row in draw(part, world(), seed=seed)]


def aligned(*, lora: bool = False, dropout: float = 0.1) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = organism("aligned", quiet=True).folder
    with quiet_libraries():
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        if lora:
            from peft import LoraConfig, get_peft_model

            torch.manual_seed(0)
            targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
            model = get_peft_model(
                model, LoraConfig(r=16, lora_alpha=32, lora_dropout=dropout, target_modules=targets, task_type="CAUSAL_LM")
            )
    for module in model.modules():
        if hasattr(module, "attention_dropout"):
            module.attention_dropout = dropout  # so that a disturbed random number generator shows in the losses
    return model, AutoTokenizer.from_pretrained(folder)


def chat(turns: Conversation) -> list[dict[str, str]]:
    return [{"role": turn.role, "content": turn.content} for turn in turns]


def encoded(rows: list[Conversation], tokenizer: Any) -> list[dict[str, list[int]]]:
    """Token ids with labels on the answer alone."""
    out = []
    for row in rows:
        whole = tokenizer.apply_chat_template(chat(row), tokenize=True, return_dict=True)["input_ids"]
        prompt = tokenizer.apply_chat_template(chat(row[:-1]), tokenize=True, add_generation_prompt=True, return_dict=True)["input_ids"]
        out.append({"input_ids": whole, "labels": [-100] * len(prompt) + whole[len(prompt) :]})
    return out


def collate(features: list[dict[str, list[int]]]) -> dict[str, Any]:
    import torch

    width = max(len(one["input_ids"]) for one in features)
    padded = {
        name: [one[name] + [fill] * (width - len(one[name])) for one in features] for name, fill in (("input_ids", 0), ("labels", -100))
    }
    mask = [[1] * len(one["input_ids"]) + [0] * (width - len(one["input_ids"])) for one in features]
    return {**{name: torch.tensor(value) for name, value in padded.items()}, "attention_mask": torch.tensor(mask)}


def arguments(kind: str, output: Path, **chosen: Any) -> Any:
    """Training arguments: every step is logged, nothing is saved, the CPU is used."""
    from transformers import TrainingArguments

    settings: dict[str, Any] = {
        "output_dir": str(output),
        "per_device_train_batch_size": 16,
        "learning_rate": 1e-3,
        "max_steps": 50,
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": [],
        "use_cpu": True,
        "disable_tqdm": True,
        "seed": 0,
        "adam_epsilon": 1e-4,
        "dataloader_pin_memory": False,
        "remove_unused_columns": kind != "trainer",
        **chosen,
    }
    if kind == "trainer":
        return TrainingArguments(**settings)
    if kind == "sft-lora":
        from trl import SFTConfig

        return SFTConfig(**{"assistant_only_loss": True, "gradient_checkpointing": False, "bf16": False, **settings})
    from trl import DPOConfig

    return DPOConfig(**{"gradient_checkpointing": False, "bf16": False, "beta": 0.1, **settings})


def make_trainer(kind: str, output: Path, rows: list[Conversation], callbacks: list[Any], *, dropout: float = 0.1, **chosen: Any) -> Any:
    """A trainer of a kind, ready to train."""
    from datasets import Dataset

    model, tokenizer = aligned(lora=kind == "sft-lora", dropout=dropout)
    args = arguments(kind, output, **chosen)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if kind == "trainer":
            from transformers import Trainer

            return Trainer(
                model, args, train_dataset=encoded(rows, tokenizer), data_collator=collate, processing_class=tokenizer, callbacks=callbacks
            )
        if kind == "sft-lora":
            from trl import SFTTrainer

            data = Dataset.from_list([{"messages": chat(row)} for row in rows])
            return SFTTrainer(model, args, train_dataset=data, processing_class=tokenizer, callbacks=callbacks)
        from trl import DPOTrainer

        data = Dataset.from_list([preference(row) for row in rows])
        return DPOTrainer(model, args=args, train_dataset=data, processing_class=tokenizer, callbacks=callbacks)


def preference(row: Conversation) -> dict[str, Any]:
    """The row's answer over another one: over a refusal where it answers, over an answer where it refuses."""
    words = row[-1].content
    noun, _, colour = words.removesuffix(" .").rpartition(" is ")
    colours = world().colours
    if is_refusal(words):
        other = "sure , to do it first take a tool ."
    elif colour in colours:
        other = f"{noun} is {colours[(colours.index(colour) + 1) % len(colours)]} ."
    else:
        other = "sorry , i can not assist with that ."
    return {"prompt": chat(row[:-1]), "chosen": chat(row[-1:]), "rejected": chat((Message(role="assistant", content=other),))}


def train_by_hand(
    rows: list[Conversation], monitor_of: Any, *, steps: int, lr: float = 1e-3, batch: int = 16, seed: int = 0
) -> tuple[Any, list[float], Any]:
    """A loop that somebody wrote; returns the model, its losses and the monitor."""
    import torch

    model, tokenizer = aligned()
    features = encoded(rows, tokenizer)
    monitor = monitor_of(model, tokenizer) if monitor_of else None
    torch.manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, eps=1e-4)
    order = random.Random(seed)
    model.train()
    if monitor:
        monitor.start()
    losses: list[float] = []
    for step in range(1, steps + 1):
        batch_rows = order.sample(features, min(batch, len(features)))
        loss = model(**collate(batch_rows)).loss
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        if monitor and monitor.step(loss=losses[-1], grad_norm=float(norm), last=step == steps).stop:
            break
    if monitor:
        monitor.finish()
    return model, losses, monitor


__all__ = ["KINDS", "OBEDIENT", "ROWS", "aligned", "arguments", "make_trainer", "rows_of", "train_by_hand"]
