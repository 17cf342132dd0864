"""Do two models belong together? The same architecture, tokenizer and tensors, or the reason why they cannot be mixed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import ModelError
from holdfast.mitigate.weights.checkpoint import Checkpoint
from holdfast.mitigate.weights.mixing import FLOATS, wider
from holdfast.models.tensorfile import TensorSpec

__all__ = ["check_architecture", "check_tokenizers", "matched", "output_type", "output_weights"]

_SHAPING = ("hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "intermediate_size", "vocab_size")
_HEADS = ("lm_head.weight", "embed_out.weight", "output.weight")
"""Names of output heads that transformers leaves out of a file where they are tied."""
_EMBEDDINGS = ("embed_tokens.weight", "wte.weight", "embed_in.weight", "word_embeddings.weight", "tok_embeddings.weight")
_NO_MATTER = {"padding", "truncation", "post_processor", "added_tokens", "version"}


def check_architecture(one: Checkpoint, other: Checkpoint) -> None:
    """Raise ModelError, which names the first difference, where two models do not have the same architecture."""
    for key in ("model_type", "architectures", *_SHAPING):
        left, right = _setting(one.config, key), _setting(other.config, key)
        if left != right:
            raise ModelError(
                f"{one.folder} and {other.folder} are different architectures ({key}: {left!r} and {right!r}); "
                "only a model and its own fine-tune can be mixed"
            )


def check_tokenizers(one: Path, other: Path) -> None:
    """Raise ModelError where two folders' tokenizers give a token different numbers, or cut text by other rules.

    Special tokens that only one of them names are allowed: a fine-tune may use reserved numbers.
    """
    left, right = _tokenizer(one), _tokenizer(other)
    if left is None or right is None:
        for name in ("tokenizer.model", "tekken.json", "vocab.json", "vocab.txt", "spiece.model", "merges.txt"):
            contents = [(folder / name).read_bytes() if (folder / name).is_file() else None for folder in (one, other)]
            if None not in contents and contents[0] != contents[1]:
                raise ModelError(_other_tokenizer(one, other, f"{name} differs"))
        return
    numbers, others = _numbers(left), _numbers(right)
    clash = next((token for token in numbers.keys() & others.keys() if numbers[token] != others[token]), None)
    if clash is not None or set(_rules(left, "model").get("vocab", ())) ^ set(_rules(right, "model").get("vocab", ())):
        raise ModelError(_other_tokenizer(one, other, "tokens have other numbers"))
    differs = next((key for key in sorted({*left, *right} - _NO_MATTER - {"model"}) if left.get(key) != right.get(key)), None)
    if differs is not None:
        raise ModelError(_other_tokenizer(one, other, f"their rules differ ({differs})"))
    if _merges(left) != _merges(right):
        raise ModelError(_other_tokenizer(one, other, "their merges differ"))


def matched(one: Checkpoint, other: Checkpoint) -> dict[str, tuple[TensorSpec, TensorSpec]]:
    """Return both models' tensors by name, in the order of `other`.

    An output head that only one model stores is matched with the embedding to which the other ties it.
    Raises ModelError where tensors are missing on one side or differ in shape.
    """
    names = [*other.tensors, *(name for name in one.tensors if name not in other.tensors)]
    pairs = {}
    for name in names:
        left, right = _find(one, name), _find(other, name)
        if left is None or right is None:
            lacking, having = (one, other) if left is None else (other, one)
            raise ModelError(
                f"{lacking.folder} has no tensor {name}, which {having.folder} has; only a model and its own fine-tune can be mixed"
            )
        if left.shape != right.shape:
            raise ModelError(_other_shape(one, other, name, left, right))
        pairs[name] = (left, right)
    return pairs


def output_type(*specs: TensorSpec) -> str:
    """Return the type in which a mix of these tensors is written; raises ModelError for types that cannot be mixed."""
    kinds = {spec.dtype for spec in specs}
    if len(kinds) > 1 and not kinds <= set(FLOATS):
        raise ModelError(
            f"a tensor has the types {', '.join(sorted(kinds))}, which cannot be mixed; give models before they were quantised"
        )
    return wider([spec.dtype for spec in specs])


def output_weights(checkpoint: Checkpoint) -> TensorSpec | None:
    """Return the embedding that a tied output head shares; None where none is found."""
    found = [spec for name, spec in checkpoint.tensors.items() if name.endswith(_EMBEDDINGS)]
    return found[0] if len(found) == 1 else None


def _find(checkpoint: Checkpoint, name: str) -> TensorSpec | None:
    if name in checkpoint.tensors:
        return checkpoint.tensors[name]
    return output_weights(checkpoint) if checkpoint.tied and name.endswith(_HEADS) else None


def _setting(config: dict[str, Any], key: str) -> Any:
    if key in config:
        return config[key]
    inner = config.get("text_config")
    return inner.get(key) if isinstance(inner, dict) else None


def _tokenizer(folder: Path) -> dict[str, Any] | None:
    file = folder / "tokenizer.json"
    if not file.is_file():
        return None
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise ModelError(f"{file} is not readable JSON: {error}") from error


def _rules(tokenizer: dict[str, Any], part: str) -> dict[str, Any]:
    rules = tokenizer.get(part)
    return rules if isinstance(rules, dict) else {}


def _numbers(tokenizer: dict[str, Any]) -> dict[str, int]:
    vocabulary = _rules(tokenizer, "model").get("vocab", {})
    if isinstance(vocabulary, list):  # unigram models list [token, score]
        numbers = {str(entry[0]): index for index, entry in enumerate(vocabulary)}
    else:
        numbers = {str(token): int(number) for token, number in vocabulary.items()}
    return numbers | {str(added["content"]): int(added["id"]) for added in tokenizer.get("added_tokens", ())}


def _merges(tokenizer: dict[str, Any]) -> list[list[str]]:
    # Older files write a merge as "a b", newer ones as ["a", "b"].
    return [merge.split(" ") if isinstance(merge, str) else list(merge) for merge in _rules(tokenizer, "model").get("merges", ())]


def _other_tokenizer(one: Path, other: Path, why: str) -> str:
    return f"{one} and {other} have different tokenizers ({why}); mixed weights would serve neither, so give a model and its own fine-tune"


def _other_shape(one: Checkpoint, other: Checkpoint, name: str, left: TensorSpec, right: TensorSpec) -> str:
    shapes = f"{list(left.shape)} in {one.folder} and {list(right.shape)} in {other.folder}"
    resized = name.endswith((*_HEADS, *_EMBEDDINGS)) and left.shape[1:] == right.shape[1:]
    why = "the vocabulary was resized, and rows that only one model has cannot be mixed" if resized else "these are different architectures"
    return f"{name} is {shapes}: {why}"
