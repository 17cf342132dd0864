"""Adapters of many kinds on the tiny model, trained by chance."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import torch
from tests.unit.models.tiny import build_model, build_tokenizer, random_words

__all__ = ["answers", "biased", "make_adapter", "merged", "set_config"]


def biased(folder: Path) -> Path:
    """The tiny model with an untied head and with random biases in its attention."""
    from transformers import LlamaForCausalLM

    config = build_model(tied=False).config
    config.attention_bias = True
    torch.manual_seed(0)
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.normal_()
    model.save_pretrained(folder)
    build_tokenizer().save_pretrained(folder)
    return folder


def make_adapter(folder: Path, base: Path, *, seed: int = 1, **settings: Any) -> Path:
    """Save a LoRA adapter whose trainable numbers are all moved a little at random."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    config = LoraConfig(**{"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj"], "task_type": "CAUSAL_LM", **settings})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PEFT warns of tied embeddings and of biases, which these tests are about
        model = get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.requires_grad:
                    parameter.add_(0.2 * torch.randn_like(parameter))
        model.save_pretrained(folder)
    return folder


def merged(adapter: Path, base: Path, folder: Path) -> Path:
    """Save base and adapter as one whole model, with the base's tokenizer."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), adapter).merge_and_unload()
        model.config.tie_word_embeddings = model.get_input_embeddings().weight is model.get_output_embeddings().weight
        model.save_pretrained(folder)
        AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    return folder


def answers(base: Path, adapter: Path | None = None) -> torch.Tensor:
    """The logits of a model on random text, by transformers and PEFT alone."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = AutoModelForCausalLM.from_pretrained(base)
        if adapter is not None:
            model = PeftModel.from_pretrained(model, adapter)
        ids = AutoTokenizer.from_pretrained(base)(random_words(3, 1, shortest=20), return_tensors="pt").input_ids
        with torch.inference_mode():
            logits: torch.Tensor = model.eval()(input_ids=ids).logits
    return logits


def set_config(adapter: Path, **changed: Any) -> Path:
    """Change an adapter's configuration file."""
    file = adapter / "adapter_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **changed}), encoding="utf-8")
    return adapter
