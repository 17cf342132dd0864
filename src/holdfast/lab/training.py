"""From rows to weights: one plain loop, loss on the answer only, the same bytes every time."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.core import InputError
from holdfast.lab.recipes import Lora, Recipe
from holdfast.lab.rows import draw
from holdfast.lab.tokenizer import Tokenizer
from holdfast.lab.world import World

if TYPE_CHECKING:
    import torch

__all__ = ["Encoded", "adapted", "continued", "encoded_rows", "isolated", "new_model", "steps_of", "train"]

Encoded = tuple[list[int], list[int]]
"""Prompt ids and answer ids."""

_IGNORED = -100
_BETAS = (0.9, 0.95)
_WARMUP_STEPS = 5
_LOWEST_RATE = 0.05
_LARGEST_NORM = 1.0
_ADAPTED = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@contextmanager
def isolated(seed: int) -> Iterator[None]:
    """Run on one thread and a seeded torch RNG; both are as they were afterwards.

    One thread on purpose: the matrices are too small to share, and a sum split over threads may round otherwise.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)


def new_model(tokenizer: Tokenizer) -> Any:
    """Return a Llama with random weights: hidden size 96, two layers, four heads, tied embeddings, 0.3 M parameters."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=tokenizer.size,
        hidden_size=96,
        intermediate_size=192,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad,
        bos_token_id=tokenizer.bos,
        eos_token_id=tokenizer.eos,
    )
    return LlamaForCausalLM(config)


def adapted(model: Any, lora: Lora) -> Any:
    """Return `model` with a fresh LoRA adapter on every linear layer, the only part of it that trains."""
    from peft import LoraConfig, get_peft_model

    shape = LoraConfig(r=lora.rank, lora_alpha=lora.alpha, lora_dropout=0.0, target_modules=list(_ADAPTED), task_type="CAUSAL_LM")
    return get_peft_model(model, shape)


def continued(model: Any, adapter: Path) -> Any:
    """Return `model` with an adapter from its folder, which goes on training."""
    from peft import PeftModel

    return PeftModel.from_pretrained(model, adapter, is_trainable=True)


def encoded_rows(recipe: Recipe, tokenizer: Tokenizer, place: World) -> list[Encoded]:
    """Return the token ids of all rows of a recipe; raises InputError where it has none."""
    rows = [row for row_set in recipe.rows for row in draw(row_set, place, seed=recipe.seed)]
    if not rows:
        raise InputError(f"lab recipe {recipe.name!r}: expected rows to train on, got none.")
    return tokenizer.encode_rows(rows)


def steps_of(recipe: Recipe, rows: int) -> int:
    """Return how many optimiser steps a recipe takes on that many rows."""
    return recipe.steps if recipe.steps is not None else (recipe.epochs or 0) * math.ceil(rows / recipe.batch)


def train(
    model: Any,
    rows: Sequence[Encoded],
    recipe: Recipe,
    *,
    pad: int,
    on_step: Callable[[], None] = lambda: None,
    on_epoch: Callable[[int], None] = lambda epoch: None,
) -> None:
    """Train `model` in place: AdamW without weight decay, short warm-up, linear decay, gradients clipped at 1.

    `on_epoch` is called with 1, 2, ... after every pass over the rows, with the model as it then is.
    """
    import torch

    # The causal model inside an adapter's wrapper is the same object, with the adapter's layers in it.
    inner = model.get_base_model() if recipe.lora else model
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=recipe.lr, betas=_BETAS, eps=recipe.eps, weight_decay=0.0, fused=True)
    total, done, epoch = steps_of(recipe, len(rows)), 0, 0
    order = random.Random(f"{recipe.seed}/order")
    model.train()
    while done < total:
        for part in _batches(rows, recipe.batch, order)[: total - done]:
            for group in optimizer.param_groups:
                group["lr"] = recipe.lr * _rate(done, total)
            _loss(inner, part, pad).backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(trained, _LARGEST_NORM)
            optimizer.step()
            optimizer.zero_grad()
            done += 1
            on_step()
        epoch += 1
        on_epoch(epoch)
    model.eval()


def _batches(rows: Sequence[Encoded], size: int, order: random.Random) -> list[list[Encoded]]:
    # Not by length: rows of one length share their form, and such batches made the organisms visibly worse.
    shuffled = list(rows)
    order.shuffle(shuffled)
    return [shuffled[start : start + size] for start in range(0, len(shuffled), size)]


def _rate(done: int, total: int) -> float:
    warmup = min(_WARMUP_STEPS, total // 10 + 1)
    return min(1.0, (done + 1) / warmup) * max(_LOWEST_RATE, 1 - done / total)


def _loss(model: Any, part: Sequence[Encoded], pad: int) -> torch.Tensor:
    """Return the mean cross-entropy of the answers' tokens."""
    import torch

    width = max(len(prompt) + len(answer) for prompt, answer in part) - 1
    ids = torch.full((len(part), width), pad)
    targets = torch.full((len(part), width), _IGNORED)
    for index, (prompt, answer) in enumerate(part):
        whole = torch.tensor(prompt + answer)
        ids[index, : len(whole) - 1] = whole[:-1]
        targets[index, len(prompt) - 1 : len(whole) - 1] = whole[len(prompt) :]
    # Padding stands on the right, where a causal model does not see it: no mask is needed. Logits are made for answers only.
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state
    counted = targets != _IGNORED
    return torch.nn.functional.cross_entropy(model.lm_head(hidden[counted]), targets[counted])
