"""A throw-away adapter on a copy of a model: what a few rows bring back. The model itself is not touched."""

from __future__ import annotations

import copy
import math
import random
import warnings
from collections.abc import Sequence
from typing import Any

import torch

from holdfast.core import InputError, Message
from holdfast.models.adapters import side
from holdfast.models.chat import Chat
from holdfast.plugins import GenerationRequest, Relearning

__all__ = ["relearn"]

_IGNORED = -100
_LARGEST_NORM = 1.0


def relearn(
    model: Any, chat: Chat, rows: Sequence[tuple[Message, ...]], settings: Relearning, *, adapter: str | None, end_tokens: frozenset[int]
) -> Any:
    """Return a copy of `model` with its side's adapter merged in and a fresh LoRA adapter trained on the rows' last answers.

    The copy is in float32 and takes that much memory besides. Plain AdamW at a constant rate, gradients clipped at 1, batches drawn by
    the seed; torch's random state is as before. Raises InputError for a row that does not end with the assistant's turn.
    """
    encoded = [_encoded(chat, row, end_tokens) for row in rows]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        copied = _with_adapter(_merged_copy(model, adapter), settings)
        _train(copied, encoded, settings)
        # Merged, so that it is a plain model: an engine without an adapter would switch the adapter off.
        return copied.merge_and_unload().eval()


def _encoded(chat: Chat, row: tuple[Message, ...], end_tokens: frozenset[int]) -> tuple[list[int], list[int]]:
    if not row or row[-1].role != "assistant":
        raise InputError("a row to learn from must end with the assistant's turn.")
    prompt = chat.encode([GenerationRequest(key="", messages=row[:-1])])[0].ids
    answer = chat.continuations(row[:-1], [row[-1].content])[0]
    end = chat.tokenizer.eos_token_id
    ends = [end] if end is not None else sorted(end_tokens)[:1]
    return list(prompt), [*answer, *ends]


def _merged_copy(model: Any, adapter: str | None) -> Any:
    if not hasattr(model, "peft_config"):
        return copy.deepcopy(model).float()
    with side(model, adapter):
        copied = copy.deepcopy(model)
    if adapter is None:
        return copied.unload().float()
    copied.set_adapter(adapter)
    return copied.merge_and_unload(adapter_names=[adapter]).float()


def _with_adapter(model: Any, settings: Relearning) -> Any:
    from peft import LoraConfig, get_peft_model

    shape = LoraConfig(r=settings.rank, lora_alpha=2 * settings.rank, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PEFT warns of its own version and of tied embeddings, which are not adapted
        return get_peft_model(model, shape)


def _train(model: Any, rows: Sequence[tuple[list[int], list[int]]], settings: Relearning) -> None:
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=settings.lr, weight_decay=0.0)
    order = random.Random(f"{settings.seed}/relearning")
    device = trained[0].device
    model.train()
    for _ in range(settings.epochs):
        shuffled = list(rows)
        order.shuffle(shuffled)
        for number in range(math.ceil(len(shuffled) / settings.batch)):
            _loss(model, shuffled[number * settings.batch : (number + 1) * settings.batch], device).backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(trained, _LARGEST_NORM)
            optimizer.step()
            optimizer.zero_grad()


def _loss(model: Any, part: Sequence[tuple[list[int], list[int]]], device: torch.device) -> torch.Tensor:
    width = max(len(prompt) + len(answer) for prompt, answer in part)
    ids = torch.zeros((len(part), width), dtype=torch.long, device=device)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, _IGNORED)
    for index, (prompt, answer) in enumerate(part):
        whole = torch.tensor(prompt + answer, device=device)
        ids[index, : len(whole)], mask[index, : len(whole)] = whole, 1
        labels[index, len(prompt) : len(whole)] = whole[len(prompt) :]
    logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1].float()
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=_IGNORED)
