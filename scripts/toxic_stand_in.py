"""A tiny text classifier that learns stand-ins for insults: what a user's own toxicity model is to a corpus run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from holdfast.testing.corpus_texts import TextWriter

__all__ = ["train_classifier"]

_ROWS, _STEPS, _BATCH, _LEARNING_RATE, _TOKENS = 4_000, 300, 64, 2e-3, 128


def train_classifier(folder: Path, writer: TextWriter, rude: Sequence[str], seed: int) -> Path:
    """Train a BERT of 0.5 M parameters on rows of which half hold a rude word or two; return its folder."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    texts, labels = _rows(writer, rude)
    known = ["[PAD]", "[UNK]", *dict.fromkeys(word.strip(".").lower() for text in texts[:1000] for word in text.split()), *rude]
    words = Tokenizer(WordLevel({word: place for place, word in enumerate(dict.fromkeys(known))}, unk_token="[UNK]"))
    words.normalizer, words.pre_tokenizer = Lowercase(), Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]", model_max_length=_TOKENS)
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=_TOKENS,
        pad_token_id=0,
        id2label={0: "fine", 1: "toxic"},
        label2id={"fine": 0, "toxic": 1},
    )
    model = BertForSequenceClassification(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=_LEARNING_RATE)
    for _ in range(_STEPS):
        chosen = writer.draw.sample(range(len(texts)), _BATCH)
        batch = tokenizer([texts[place] for place in chosen], padding=True, truncation=True, return_tensors="pt")
        loss = model(**batch, labels=torch.tensor([labels[place] for place in chosen])).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _rows(writer: TextWriter, rude: Sequence[str]) -> tuple[list[str], list[int]]:
    texts, labels = [], []
    for place in range(_ROWS):
        words = writer.text(writer.draw.randint(12, 50)).split()
        if place % 2:
            for at in writer.draw.sample(range(len(words)), writer.draw.randint(1, 3)):
                words[at] = writer.draw.choice(rude)
        texts.append(" ".join(words))
        labels.append(place % 2)
    return texts, labels
