"""From a model to what is trained of it: every weight, a low-rank adapter, or a prefix."""

from __future__ import annotations

import warnings
from typing import Any

from holdfast.core import InputError
from holdfast.training.config import TrainConfig

__all__ = ["prepare_model"]


def prepare_model(model: Any, config: TrainConfig) -> Any:
    """Return the model with what `config.method` trains, and nothing else, set to be trained.

    A PEFT model keeps its adapter, which is trained on. Raises InputError for layers that are not there and for a head that shares its
    weights with the embedding where that cannot be.
    """
    if config.method == "full":
        from holdfast.training.head import check_head

        model.requires_grad_(True)
        return check_head(model, config)
    if hasattr(model, "peft_config"):
        return model
    from peft import get_peft_model

    with warnings.catch_warnings():
        # PEFT warns of its own version, and calls a part of transformers that is due to be renamed.
        warnings.simplefilter("ignore")
        try:
            return get_peft_model(model, _shape(config))
        except ValueError as error:
            raise InputError(f"lora.targets {config.lora.targets!r}: {_first_sentence(error)}") from error


def _shape(config: TrainConfig) -> Any:
    from peft import LoraConfig, PrefixTuningConfig

    if config.method == "prefix":
        return PrefixTuningConfig(num_virtual_tokens=config.prefix.tokens, task_type="CAUSAL_LM")
    lora = config.lora
    targets = lora.targets if isinstance(lora.targets, str) else list(lora.targets)
    return LoraConfig(r=lora.rank, lora_alpha=lora.alpha, lora_dropout=lora.dropout, target_modules=targets, task_type="CAUSAL_LM")


def _first_sentence(error: Exception) -> str:
    return " ".join(str(error).split()).partition(". ")[0].rstrip(".") + "."
