"""The language-model head: training it first, and giving it weights of its own where it shares the embedding's."""

from __future__ import annotations

from typing import Any

from holdfast.core import InputError
from holdfast.training.config import TrainConfig

__all__ = ["check_head", "is_tied", "untie"]


def is_tied(model: Any) -> bool:
    """Tell whether the head's weights are those of the embedding."""
    head = model.get_output_embeddings()
    return head is not None and head.weight is model.get_input_embeddings().weight


def check_head(model: Any, config: TrainConfig) -> Any:
    """Return the model, its head untied where that is asked for; raises InputError where the head cannot be trained first."""
    if config.untie_head and is_tied(model):
        untie(model)
    if config.head_first is not None and is_tied(model):
        raise InputError(
            "head_first: the head of this model shares its weights with the embedding, so training it alone would move the input of every "
            "layer too. Leave head_first out, or write untie_head: true, which gives the head weights of its own and saves such a model."
        )
    return model


def untie(model: Any) -> None:
    """Give the head a copy of the embedding's weights, in the configuration too, so that saving and loading keep both."""
    import torch

    head = model.get_output_embeddings()
    head.weight = torch.nn.Parameter(model.get_input_embeddings().weight.detach().clone())
    for config in {id(one): one for one in (model.config, model.config.get_text_config())}.values():
        config.tie_word_embeddings = False
    model.all_tied_weights_keys = {}
