"""A safety vector is the difference of two models, added; two adapters side by side add up exactly."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tests.unit.mitigate.weights.adapter_folders import answers, biased, make_adapter, merged
from tests.unit.mitigate.weights.model_folders import resave, same_bits, weights
from tests.unit.models.tiny import build_model, build_tokenizer, save

from holdfast.core import InputError, ModelError
from holdfast.mitigate.weights import add_safety_adapter, add_vector
from holdfast.plugins import ModelOptions, open_models


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return biased(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, str]:
    """(tuned, aligned, unaligned)"""
    folder = tmp_path_factory.mktemp("models")
    return tuple(str(save(folder / name, seed=seed)) for seed, name in enumerate(("tuned", "aligned", "unaligned")))  # type: ignore[return-value]


def test_the_vector_is_added(tmp_path: Path, models: tuple[str, str, str]) -> None:
    made = add_vector(*models, tmp_path / "out", gamma=0.5)
    tuned, aligned, unaligned = (weights(Path(model)) for model in models)
    for name, tensor in weights(tmp_path / "out").items():
        torch.testing.assert_close(tensor, tuned[name] + 0.5 * (aligned[name] - unaligned[name]))
    assert [part.role for part in made.mitigation.inputs] == ["tuned", "aligned", "unaligned"]


def test_gamma_zero_is_the_tuned_model_to_the_last_bit(tmp_path: Path, models: tuple[str, str, str]) -> None:
    add_vector(*models, tmp_path / "out", gamma=0)
    assert same_bits(weights(tmp_path / "out"), weights(Path(models[0])))


def test_tuned_and_unaligned_alike_give_the_aligned_model(tmp_path: Path, models: tuple[str, str, str]) -> None:
    twin = resave(Path(models[2]), tmp_path / "twin")
    add_vector(str(twin), models[1], models[2], tmp_path / "out")
    aligned = weights(Path(models[1]))
    for name, tensor in weights(tmp_path / "out").items():
        torch.testing.assert_close(tensor, aligned[name])


def test_under_an_adapter_the_base_gets_the_vector(tmp_path: Path, base: Path) -> None:
    adapter = make_adapter(tmp_path / "adapter", base)
    aligned, unaligned = (merged(make_adapter(tmp_path / f"a{seed}", base, seed=seed), base, tmp_path / f"m{seed}") for seed in (2, 3))
    made = add_vector(f"{base}+{adapter}", str(aligned), str(unaligned), tmp_path / "out")
    assert made.reference == f"{tmp_path / 'out'}+{adapter}"
    assert made.mitigation.notes
    [engine] = open_models([made.reference], ModelOptions(device="cpu"))
    engine.close()


@pytest.mark.parametrize("gamma", [-0.5, 4.5, math.nan])
def test_a_safety_vector_is_never_taken_away(tmp_path: Path, models: tuple[str, str, str], gamma: float) -> None:
    with pytest.raises(InputError, match="never taken away"):
        add_vector(*models, tmp_path / "out", gamma=gamma)


def test_models_that_give_no_vector_are_refused(tmp_path: Path, models: tuple[str, str, str], base: Path) -> None:
    tuned, aligned, _ = models
    with pytest.raises(ModelError, match="no safety vector"):
        add_vector(tuned, aligned, aligned, tmp_path / "out")
    adapter = make_adapter(tmp_path / "adapter", base)
    with pytest.raises(ModelError, match="between whole models"):
        add_vector(tuned, f"{base}+{adapter}", aligned, tmp_path / "out")
    loose = tmp_path / "loose"
    build_model(4, tied=False).save_pretrained(loose)
    build_tokenizer().save_pretrained(loose)
    with pytest.raises(ModelError, match=r"do not store the same tensors \(first lm_head.weight\)"):
        add_vector(tuned, str(loose), aligned, tmp_path / "out")


PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "alike": ({}, {}),
    "ranks, scales and modules differ": ({"r": 3, "use_rslora": True}, {"r": 5, "lora_alpha": 7, "target_modules": ["v_proj", "o_proj"]}),
    "patterns": ({"rank_pattern": {"layers.0.self_attn.q_proj": 2}, "alpha_pattern": {"v_proj": 3}}, {"target_modules": "all-linear"}),
    "a saved head": ({"modules_to_save": ["lm_head"]}, {}),
    "embeddings": ({"target_modules": ["embed_tokens", "q_proj"]}, {}),
}


@pytest.mark.parametrize("kind", PAIRS)
def test_two_adapters_side_by_side_are_the_sum_of_their_updates(tmp_path: Path, base: Path, kind: str) -> None:
    task, safety = (make_adapter(tmp_path / f"adapter{seed}", base, seed=seed, **PAIRS[kind][seed - 1]) for seed in (1, 2))
    made = add_safety_adapter(f"{base}+{task}", str(safety), tmp_path / "out", gamma=0.7)
    plain, one, other = (weights(folder) for folder in (base, merged(task, base, tmp_path / "m1"), merged(safety, base, tmp_path / "m2")))
    for name, tensor in weights(merged(tmp_path / "out", base, tmp_path / "both")).items():
        torch.testing.assert_close(tensor, one[name] + 0.7 * (other[name] - plain[name]), rtol=1e-4, atol=1e-5)
    assert made.reference == f"{base}+{tmp_path / 'out'}"
    [engine] = open_models([made.reference], ModelOptions(device="cpu"))
    engine.close()


def test_it_is_what_peft_calls_cat(tmp_path: Path, base: Path) -> None:
    import warnings

    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    task, safety = (make_adapter(tmp_path / f"adapter{seed}", base, seed=seed) for seed in (1, 2))
    add_safety_adapter(f"{base}+{task}", str(safety), tmp_path / "out", gamma=0.7)
    ids = torch.tensor([[2, 9, 10, 11, 12]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), task, adapter_name="task")
        model.load_adapter(safety, "safety")
        model.load_adapter(tmp_path / "out", "ours")
        logits = {}
        for kind in ("cat", "linear"):
            model.add_weighted_adapter(["task", "safety"], [1.0, 0.7], kind, combination_type=kind)
        with torch.inference_mode():
            for name in ("ours", "cat", "linear"):
                model.set_adapter(name)
                logits[name] = model(ids).logits
    torch.testing.assert_close(logits["ours"], logits["cat"], rtol=1e-4, atol=1e-4)
    assert float((logits["ours"] - logits["linear"]).abs().max()) > 0.01


def test_a_safety_adapter_goes_on_top_of_a_whole_model(tmp_path: Path, base: Path) -> None:
    tuned = merged(make_adapter(tmp_path / "task", base), base, tmp_path / "tuned")
    safety = make_adapter(tmp_path / "safety", base, seed=2)
    made = add_safety_adapter(str(tuned), str(safety), tmp_path / "out", gamma=0.5)
    assert made.reference == f"{tuned}+{tmp_path / 'out'}"
    assert json.loads((tmp_path / "out" / "adapter_config.json").read_text(encoding="utf-8"))["lora_alpha"] == 4
    assert [part.role for part in made.mitigation.inputs] == ["tuned", "safety"]
    assert not torch.equal(answers(tuned, tmp_path / "out"), answers(tuned))


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"modules_to_save": ["lm_head"]}, "whole, which would take the place"),
        ({"use_dora": True}, "DoRA learns a magnitude"),
        ({"lora_bias": True, "target_modules": ["o_proj"]}, "biases in its low-rank products"),
    ],
)
def test_a_safety_adapter_that_cannot_be_added_is_refused(tmp_path: Path, base: Path, settings: dict[str, Any], why: str) -> None:
    task, safety = make_adapter(tmp_path / "task", base), make_adapter(tmp_path / "safety", base, seed=2, **settings)
    with pytest.raises(ModelError, match=why):
        add_safety_adapter(f"{base}+{task}", str(safety), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_adapter_twice_or_a_whole_model_is_refused(tmp_path: Path, base: Path, models: tuple[str, str, str]) -> None:
    task = make_adapter(tmp_path / "task", base)
    with pytest.raises(ModelError, match="give two different ones"):
        add_safety_adapter(f"{base}+{task}", str(task), tmp_path / "out")
    with pytest.raises(ModelError, match="is a whole model"):
        add_safety_adapter(f"{base}+{task}", models[0], tmp_path / "out")


def test_factors_of_a_safety_adapter_keep_their_precision(tmp_path: Path, base: Path) -> None:
    task, safety = make_adapter(tmp_path / "task", base), make_adapter(tmp_path / "safety", base, seed=2)
    add_safety_adapter(f"{base}+{task}", str(safety), tmp_path / "out")
    tensors = load_file(tmp_path / "out" / "adapter_model.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float32}
    assert {tensor.shape[0] for name, tensor in tensors.items() if "lora_A" in name} == {8}
