"""`holdfast.compare` on models that are already in memory, as inside a notebook."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.unit.models.tiny import build_model, build_tokenizer

import holdfast
from holdfast.core import ModelError


@pytest.fixture
def suite(tmp_path: Path) -> str:
    path = tmp_path / "prompts.csv"
    path.write_text("prompt\nw1 w2 w3\nw4 w5\nw6 w7 w8 w9\n", encoding="utf-8")
    return str(path)


def with_adapter(scale: float) -> Any:
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PEFT asks transformers for a property that transformers deprecates
        model = get_peft_model(build_model(), LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(0, 1).mul_(scale)
    return model


def test_two_models_in_memory(tmp_path: Path, suite: str) -> None:
    tokenizer = build_tokenizer()
    base, tuned = (build_model(0), tokenizer), (build_model(1), tokenizer)
    result = holdfast.compare(base, tuned, suite=suite, run=tmp_path / "run", max_new_tokens=6)
    assert result.comparison.base.fingerprint != result.comparison.tuned.fingerprint
    assert result.page.exists()
    assert "Gates" in result._repr_html_()


def test_one_peft_model_is_its_own_base_and_is_left_as_it_was(tmp_path: Path, suite: str) -> None:
    model, tokenizer = with_adapter(0.5), build_tokenizer()
    model.train()
    result = holdfast.compare((model, tokenizer), (model, tokenizer), suite=suite, run=tmp_path / "run", max_new_tokens=6)
    base, tuned = result.comparison.base.fingerprint, result.comparison.tuned.fingerprint
    assert base is not None
    assert tuned is not None
    assert (base.adapter is None, tuned.adapter is None) == (True, False)
    assert base.weights == tuned.weights
    assert model.training
    assert model.active_adapters == ["default"]


def test_an_adapter_in_memory_that_does_nothing_is_an_error(tmp_path: Path, suite: str) -> None:
    model, tokenizer = with_adapter(0.0), build_tokenizer()
    with pytest.raises(ModelError, match="changes no logit"):
        holdfast.compare((model, tokenizer), (model, tokenizer), suite=suite, run=tmp_path / "run", max_new_tokens=6)


def test_each_pair_of_models_in_memory_has_a_run_folder_of_its_own(tmp_path: Path, suite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    one, other = ((build_model(seed), build_tokenizer()) for seed in (0, 1))
    asked: dict[str, Any] = {"suite": suite, "max_new_tokens": 6}
    there = holdfast.compare(one, other, **asked)
    back = holdfast.compare(other, one, **asked)
    assert there.run != back.run
    assert holdfast.compare(one, other, **asked) == there
    assert re.fullmatch(r"runs/in-memory@[0-9a-f]{8}-vs-in-memory@[0-9a-f]{8}", there.run)
