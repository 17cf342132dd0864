"""A scaled adapter is the interpolation of the merged model, for every kind of adapter that is linear; the others are refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.unit.mitigate.weights.adapter_folders import answers, biased, make_adapter, merged, set_config
from tests.unit.models.tiny import save

from holdfast.core import ModelError
from holdfast.mitigate.weights import scale
from holdfast.plugins import ModelOptions, open_models

LINEAR: dict[str, dict[str, Any]] = {
    "plain": {},
    "rank-stabilised": {"use_rslora": True},
    "patterns": {"alpha_pattern": {"layers.0.self_attn.q_proj": 3}, "rank_pattern": {"layers.1.self_attn.v_proj": 2}},
    "a bias of its own": {"lora_bias": True, "target_modules": ["o_proj"]},
    "trained biases": {"bias": "all"},
    "biases of adapted layers": {"bias": "lora_only"},
    "saved head": {"modules_to_save": ["lm_head"]},
    "saved norm": {"modules_to_save": ["norm"]},
    "embeddings": {"target_modules": ["embed_tokens", "q_proj"]},
    "every linear layer": {"target_modules": "all-linear"},
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return biased(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def lora(tmp_path_factory: pytest.TempPathFactory, base: Path) -> Path:
    return make_adapter(tmp_path_factory.mktemp("lora"), base)


@pytest.mark.parametrize("kind", LINEAR)
def test_a_scaled_adapter_is_the_interpolated_merge(tmp_path: Path, base: Path, kind: str) -> None:
    adapter = make_adapter(tmp_path / "adapter", base, **LINEAR[kind])
    made = scale(str(base), f"{base}+{adapter}", 0.3, tmp_path / "scaled")
    scale(str(base), str(merged(adapter, base, tmp_path / "merged")), 0.3, tmp_path / "whole")
    expected, full = answers(tmp_path / "whole"), answers(base, adapter)
    torch.testing.assert_close(answers(base, tmp_path / "scaled"), expected, rtol=1e-4, atol=1e-4)
    assert float((expected - full).abs().max()) > 0.01
    assert made.reference == f"{base}+{tmp_path / 'scaled'}"


@pytest.mark.parametrize("kind", LINEAR)
def test_the_ends_of_an_adapter_are_exact(tmp_path: Path, base: Path, kind: str) -> None:
    adapter = make_adapter(tmp_path / "adapter", base, **LINEAR[kind])
    scale(str(base), str(adapter), 1, tmp_path / "one")
    same = (adapter / "adapter_model.safetensors", tmp_path / "one" / "adapter_model.safetensors")
    ours, theirs = (load_file(file) for file in same)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert torch.equal(answers(base, tmp_path / "one"), answers(base, adapter))
    scale(str(base), str(adapter), 0, tmp_path / "zero")
    assert torch.equal(answers(base, tmp_path / "zero"), answers(base))


def test_a_saved_head_over_tied_embeddings_starts_from_the_embedding(tmp_path: Path) -> None:
    tied = save(tmp_path / "tied")
    adapter = make_adapter(tmp_path / "adapter", tied, modules_to_save=["lm_head"])
    scale(str(tied), str(adapter), 0.25, tmp_path / "scaled")
    head = next(tensor for name, tensor in load_file(tmp_path / "scaled" / "adapter_model.safetensors").items() if "lm_head" in name)
    trained = next(tensor for name, tensor in load_file(adapter / "adapter_model.safetensors").items() if "lm_head" in name)
    embedding = load_file(tied / "model.safetensors")["model.embed_tokens.weight"]
    assert torch.equal(head, torch.lerp(embedding, trained, 0.25))


def test_our_own_engine_opens_what_was_written(tmp_path: Path, base: Path, lora: Path) -> None:
    made = scale(str(base), str(lora), 0.5, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "adapter_config.json").read_text(encoding="utf-8"))["lora_alpha"] == 4
    [engine] = open_models([made.reference], ModelOptions(device="cpu"))
    assert engine.fingerprint.adapter is not None
    engine.close()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"use_dora": True}, "DoRA learns a magnitude"),
        ({"trainable_token_indices": [5, 6]}, "rows of its embedding were trained"),
    ],
)
def test_an_adapter_that_is_not_linear_is_refused_with_the_reason(
    tmp_path: Path, base: Path, settings: dict[str, Any], reason: str
) -> None:
    adapter = make_adapter(tmp_path / "adapter", base, **settings)
    with pytest.raises(ModelError, match=f"{reason}.*merge it into its base first"):
        scale(str(base), str(adapter), 0.5, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"peft_type": "IA3"}, "type IA3; only LoRA is linear"),
        ({"init_lora_weights": "pissa_niter_4"}, "changes the base weights too"),
        ({"layer_replication": [[0, 1], [0, 2]]}, "repeats layers"),
    ],
)
def test_other_kinds_are_refused(tmp_path: Path, base: Path, lora: Path, changed: dict[str, Any], reason: str) -> None:
    adapter = set_config(Path(shutil.copytree(lora, tmp_path / "adapter")), **changed)
    with pytest.raises(ModelError, match=reason):
        scale(str(base), str(adapter), 0.5, tmp_path / "out")


def test_a_magnitude_that_the_configuration_hides_is_refused(tmp_path: Path, base: Path) -> None:
    adapter = set_config(make_adapter(tmp_path / "adapter", base, use_dora=True), use_dora=False)
    with pytest.raises(ModelError, match="no factor of a low-rank product"):
        scale(str(base), str(adapter), 0.5, tmp_path / "out")


def test_an_adapter_without_its_base_is_refused(tmp_path: Path, base: Path, lora: Path) -> None:
    with pytest.raises(ModelError, match="is an adapter, not a model"):
        scale(str(lora), str(base), 0.5, tmp_path / "out")


def test_an_adapter_on_another_base_is_refused(tmp_path: Path, base: Path, lora: Path) -> None:
    other = save(tmp_path / "other", seed=5, tied=False)
    with pytest.raises(ModelError, match="whose weights are not those of the base"):
        scale(str(base), f"{other}+{lora}", 0.5, tmp_path / "out")


def test_an_adapter_that_names_another_base_is_noted(tmp_path: Path, base: Path, lora: Path) -> None:
    other = biased(tmp_path / "other")
    assert scale(str(base), str(lora), 0.5, tmp_path / "same").mitigation.notes == ()
    tensors = load_file(other / "model.safetensors")
    save_file({name: tensor + 1 for name, tensor in tensors.items()}, other / "model.safetensors", metadata={"format": "pt"})
    adapter = shutil.copytree(lora, tmp_path / "lora")
    set_config(adapter, base_model_name_or_path=str(other))
    (note,) = scale(str(base), str(adapter), 0.5, tmp_path / "out").mitigation.notes
    assert f"trained on {other}, whose weights are not those of {base}" in note
    set_config(adapter, base_model_name_or_path="an-organisation/a-model")
    assert scale(str(base), str(adapter), 0.5, tmp_path / "hub").mitigation.notes == ()


def test_a_moved_copy_of_the_base_is_the_same_base(tmp_path: Path, base: Path, lora: Path) -> None:
    moved = shutil.copytree(base, tmp_path / "moved")
    made = scale(str(base), f"{moved}+{lora}", 0.5, tmp_path / "out")
    assert made.reference == f"{base}+{tmp_path / 'out'}"


def test_a_base_with_an_adapter_is_refused(tmp_path: Path, base: Path, lora: Path) -> None:
    with pytest.raises(ModelError, match="give the bare base"):
        scale(f"{base}+{lora}", f"{base}+{lora}", 0.5, tmp_path / "out")


def test_a_resized_embedding_is_refused(tmp_path: Path, base: Path) -> None:
    adapter = make_adapter(tmp_path / "adapter", base, modules_to_save=["embed_tokens", "lm_head"])
    from safetensors.torch import save_file

    file = adapter / "adapter_model.safetensors"
    grown = {name: torch.cat([tensor, tensor[:3]]) if "embed_tokens" in name else tensor for name, tensor in load_file(file).items()}
    save_file(grown, file)
    with pytest.raises(ModelError, match="the vocabulary was resized"):
        scale(str(base), str(adapter), 0.5, tmp_path / "out")
