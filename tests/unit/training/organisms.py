"""The lab's aligned organism in memory, and its rows as trainers take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from holdfast.core import Message
from holdfast.lab import organism

__all__ = ["opened", "turns"]


def opened() -> tuple[Any, Any]:
    """The aligned organism and its tokenizer."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = organism("aligned", quiet=True).folder
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    return model, AutoTokenizer.from_pretrained(folder, local_files_only=True)


def turns(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Messages as dictionaries."""
    return [{"role": turn.role, "content": turn.content} for turn in messages]
