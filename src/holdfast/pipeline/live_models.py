"""What may stand for a model in Python: a reference, or a model in memory with its tokenizer. Looked at before anything is opened."""

from __future__ import annotations

import os
from typing import Any

from holdfast.core import InputError
from holdfast.pipeline.calling import shown

__all__ = ["LiveModel", "given_model"]

LiveModel = tuple[Any, Any]
"""A model in memory and its tokenizer."""

_ACCEPTED = "a reference such as './folder' or 'org/name', a pair (model, tokenizer) in memory, or 'replay:FILE.jsonl' for recorded answers"
_MODEL = ("config", "state_dict")
_TOKENIZER = ("added_tokens_decoder", "decode", "get_chat_template")
"""What is asked of each; a name tells less, since models and tokenizers come from many classes."""


def given_model(value: Any, side: str) -> str | LiveModel:
    """Return a reference as a text, or a pair of a model and its tokenizer; raises InputError, which says what came and what to write."""
    if isinstance(value, str):
        return value
    if isinstance(value, os.PathLike):
        return str(os.fspath(value))
    if isinstance(value, tuple) and len(value) == 2 and _is_model(value[0]) and _is_tokenizer(value[1]):
        return value[0], value[1]
    raise InputError(f"holdfast.compare: {side} must be {_ACCEPTED}, got {_came(value)}. {_remedy(value, side)}")


def _has(value: Any, names: tuple[str, ...]) -> bool:
    return not isinstance(value, type) and all(hasattr(value, name) for name in names)


def _is_model(value: Any) -> bool:
    return _has(value, _MODEL)


def _is_tokenizer(value: Any) -> bool:
    return _has(value, _TOKENIZER)


def _came(value: Any) -> str:
    if isinstance(value, tuple | list):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return f"a {kind} of {shown(value[0])} and {shown(value[1])}" if len(value) == 2 else f"a {kind} of {len(value)}"
    return shown(value)


def _remedy(value: Any, side: str) -> str:
    parts = tuple(value) if isinstance(value, tuple | list) else (value,)
    pair = f"Write {side} as (model, tokenizer)"
    if value is None:
        return "Look for a name that is not set."
    if any(map(_is_model, parts)) and any(map(_is_tokenizer, parts)):
        return f"{pair}: these two and nothing else, in this order and in round brackets."
    if any(map(_is_model, parts)):
        return f"{pair}, with the tokenizer that it was trained with."
    if any(_has(part, ("module",)) for part in parts):
        return f"{pair}, with the model inside of the wrapper: wrapper.module."
    if any(_has(part, ("tokenizer",)) for part in parts):
        return f"{pair}, with processor.tokenizer or trainer.processing_class for the tokenizer."
    if isinstance(value, tuple | list) and all(isinstance(part, str) for part in parts) and len(parts) == 2:
        return "One side is one model: name the other one as the other side, and models in between as steps=[...]."
    return "Write the answers of anything else to a file, one JSON object per line with prompt, category and response."
