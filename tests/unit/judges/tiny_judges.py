"""Guards and classifiers of random weights, saved as ordinary folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.unit.models.tiny import build_model, build_tokenizer

__all__ = ["GUARD_TEMPLATE", "save_classifier", "save_guard"]

GUARD_TEMPLATE = (
    "{% if (messages[0]['role'] != 'user') %}{{ raise_exception('must start with a user') }}{% endif %}"
    "<user> {% for message in messages %}{{ message['role'] + ' ' + message['content'] + ' ' }}{% endfor %}<assistant>"
)


def save_guard(folder: Path, template: str | None) -> Path:
    build_model(0).save_pretrained(folder)
    build_tokenizer(template).save_pretrained(folder)
    return folder


def save_classifier(folder: Path, labels: list[str], *, seed: int = 0, **config: Any) -> Path:
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    tokenizer = build_tokenizer(None)
    torch.manual_seed(seed)
    BertForSequenceClassification(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=64,
            pad_token_id=0,
            initializer_range=0.6,
            id2label=dict(enumerate(labels)),
            label2id={label: index for index, label in enumerate(labels)},
            **config,
        )
    ).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
