"""Looking inside two models through their engines: each side as it is, nothing changed, and what cannot be known is said."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.unit.models.tiny import ask, random_words, save, save_adapter

from holdfast.core import ModelError
from holdfast.models.engine import TransformersEngine
from holdfast.models.hf import TransformersKind
from holdfast.plugins import InsideFacts, InsideRequest, ModelOptions


def asked(seed: int, count: int) -> list[InsideRequest]:
    return [InsideRequest(request=request, answer="w1 w2 w3") for request in ask(random_words(seed, count))]


def opened(*references: str) -> list[TransformersEngine]:
    engines = TransformersKind().open(references, ModelOptions(device="cpu", threads=1))
    return [engine for engine in engines if isinstance(engine, TransformersEngine)]


def look(base: TransformersEngine, tuned: TransformersEngine) -> InsideFacts:
    found = base.look_inside(tuned, asked(0, 6), asked(1, 6), randoms=20, splits=20, seed=0)
    assert found is not None
    return found


def test_an_adapter_is_on_for_the_tuned_side_alone_and_nothing_is_left_behind(tmp_path: Path) -> None:
    base = save(tmp_path / "base")
    adapter = save_adapter(tmp_path / "adapter", base)
    plain, tuned = opened(str(base), f"{base}+{adapter}")
    before = {name: value.clone() for name, value in tuned.model.state_dict().items()}
    grads = [parameter.requires_grad for parameter in tuned.model.parameters()]
    found = look(plain, tuned)
    assert found.layers[0].cosine < 0.9999
    assert len(found.kl_refuse) == len(found.kl_benign) == 3
    assert min(found.kl_refuse) > 0
    assert found.updates["layer-1"] > 0
    assert set(found.updates) == {"layer-1", "layer-2"}
    assert all(torch.equal(before[name], value) for name, value in tuned.model.state_dict().items())
    assert [parameter.requires_grad for parameter in tuned.model.parameters()] == grads
    assert look(plain, tuned) == found
    same = look(plain, plain)
    assert same.layers[0].cosine == pytest.approx(1.0)
    assert set(same.kl_refuse) == {0.0}


def test_an_adapter_on_other_weights_leaves_the_update_unmeasured(tmp_path: Path) -> None:
    base, other = save(tmp_path / "base"), save(tmp_path / "other", seed=1)
    adapter = save_adapter(tmp_path / "adapter", other)
    plain, tuned = opened(str(base), f"{other}+{adapter}")
    found = look(plain, tuned)
    assert found.updates == {}
    assert "other weights" in found.updates_reason
    assert found.layers


def test_a_full_fine_tune_is_measured_against_the_weights_of_the_base(tmp_path: Path) -> None:
    plain, tuned = opened(str(save(tmp_path / "base")), str(save(tmp_path / "tuned", seed=1)))
    found = look(plain, tuned)
    # Weights drawn anew are as far away as two independent draws: the square root of two.
    assert found.updates["layer-1"] == pytest.approx(2**0.5, abs=0.15)
    assert "embedding" in found.updates


def test_models_of_two_shapes_are_an_error(tmp_path: Path) -> None:
    plain, tuned = opened(str(save(tmp_path / "base")), str(save(tmp_path / "deep", layers=3)))
    with pytest.raises(ModelError, match=r"2 layers of width 32 and .* has 3 layers"):
        look(plain, tuned)
