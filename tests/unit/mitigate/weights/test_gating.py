"""Layer gates: the scores are what their table says, and only the chosen layers are scaled back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tests.unit.mitigate.weights.adapter_folders import answers, biased, make_adapter, merged
from tests.unit.mitigate.weights.model_folders import resave, weights
from tests.unit.models.tiny import save

from holdfast.core import InputError, ModelError
from holdfast.mitigate.weights import gate_layers
from holdfast.mitigate.weights.checkpoint import layer_of

LAYERS = 4


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("base"), layers=LAYERS)


def moved(base: Path, folder: Path, steps: dict[int, float], *, seed: int = 0) -> Path:
    """A copy of the base whose layers are moved by random steps of the given sizes; everything else moves a lot."""
    torch.manual_seed(seed)
    tensors = {}
    for name, tensor in weights(base).items():
        layer = layer_of(name)
        tensors[name] = tensor + (5.0 if layer is None else steps.get(layer, 0.0)) * torch.randn_like(tensor)
    save_file(tensors, resave(base, folder) / "model.safetensors", metadata={"format": "pt"})
    return folder


def test_the_largest_updates_are_given_back_and_the_rest_is_kept(tmp_path: Path, base: Path) -> None:
    tuned = moved(base, tmp_path / "tuned", {0: 0.01, 1: 0.5, 2: 0.02, 3: 0.2})
    gated = gate_layers(str(base), str(tuned), tmp_path / "out")
    assert [one.strength for one in gated.layers] == [1, 0, 1, 0]
    before, after, made = weights(base), weights(tuned), weights(tmp_path / "out")
    for name in made:
        assert torch.equal(made[name], before[name] if layer_of(name) in {1, 3} else after[name])


def test_the_size_is_a_ratio_of_norms(tmp_path: Path, base: Path) -> None:
    tuned = moved(base, tmp_path / "tuned", {0: 0.1, 2: 0.3})
    gated = gate_layers(str(base), str(tuned), tmp_path / "out", count=1, strength=0.5)
    one, other = weights(base), weights(tuned)
    for gate in gated.layers:
        names = [name for name in one if layer_of(name) == gate.layer]
        flat = [torch.cat([(side[name]).double().flatten() for name in names]) for side in (one, other)]
        assert gate.score == pytest.approx(float((flat[1] - flat[0]).norm() / flat[0].norm()), rel=1e-5)
    assert gated.layers[1].score == 0
    assert [gate.strength for gate in gated.layers] == [1, 1, 0.5, 1]


def test_opposition_is_one_where_the_fine_tune_undoes_the_alignment(tmp_path: Path, base: Path) -> None:
    unaligned = moved(base, tmp_path / "unaligned", dict.fromkeys(range(LAYERS), 0.3))
    back, before = weights(base), weights(unaligned)
    shares = {0: 0.5, 1: -0.5, 2: 0.0}
    torch.manual_seed(3)
    tensors = {
        name: tensor
        + (
            shares[layer_of(name)] * (before[name] - tensor)  # type: ignore[index]
            if layer_of(name) in shares
            else 0.1 * torch.randn_like(tensor)
        )
        for name, tensor in back.items()
    }
    save_file(tensors, resave(base, tmp_path / "tuned") / "model.safetensors", metadata={"format": "pt"})
    gated = gate_layers(str(base), str(tmp_path / "tuned"), tmp_path / "out", score="opposition", unaligned=str(unaligned), count=1)
    scores = [gate.score for gate in gated.layers]
    assert scores[:3] == [pytest.approx(1, abs=1e-5), pytest.approx(-1, abs=1e-5), 0]
    assert abs(scores[3]) < 0.05
    assert [gate.strength for gate in gated.layers] == [0, 1, 1, 1]


@pytest.mark.parametrize("kind", ["size", "opposition"])
def test_an_adapter_scores_and_answers_as_its_merge_does(tmp_path: Path, kind: str) -> None:
    base = biased(tmp_path / "base")
    adapter = make_adapter(
        tmp_path / "adapter", base, modules_to_save=["q_norm", "norm"], target_modules=["q_proj", "down_proj"], bias="all"
    )
    unaligned = (
        str(save(tmp_path / "unaligned", seed=4, tied=False))
        if kind == "size"
        else str(merged(make_adapter(tmp_path / "u", base, seed=9), base, tmp_path / "mu"))
    )
    given = {"score": kind, "unaligned": unaligned if kind == "opposition" else None, "count": 1, "strength": 0.25}
    ours = gate_layers(str(base), f"{base}+{adapter}", tmp_path / "ours", **given)  # type: ignore[arg-type]
    whole = gate_layers(str(base), str(merged(adapter, base, tmp_path / "merged")), tmp_path / "whole", **given)  # type: ignore[arg-type]
    assert [gate.strength for gate in ours.layers] == [gate.strength for gate in whole.layers]
    torch.testing.assert_close(answers(base, tmp_path / "ours"), answers(tmp_path / "whole"), rtol=1e-3, atol=1e-3)
    if kind == "opposition":
        assert [gate.score for gate in ours.layers] == [pytest.approx(gate.score, rel=1e-3) for gate in whole.layers]


def test_what_was_done_is_written_down(tmp_path: Path, base: Path) -> None:
    tuned = moved(base, tmp_path / "tuned", {1: 0.5})
    gate_layers(str(base), str(tuned), tmp_path / "out", count=1)
    written = json.loads((tmp_path / "out" / "mitigation.json").read_text(encoding="utf-8"))
    assert (written["method"], written["parameters"]["count"]) == ("layers", 1)
    assert written["parameters"]["strengths"] == {"0": 1.0, "1": 0.0, "2": 1.0, "3": 1.0}


def test_bad_counts_and_lacking_models_are_refused(tmp_path: Path, base: Path) -> None:
    tuned = moved(base, tmp_path / "tuned", {1: 0.5})
    with pytest.raises(InputError, match="--count must be from 1 to 4"):
        gate_layers(str(base), str(tuned), tmp_path / "out", count=5)
    with pytest.raises(ModelError, match="add --unaligned"):
        gate_layers(str(base), str(tuned), tmp_path / "out", score="opposition")
    for strength in (2, -0.5):
        with pytest.raises(InputError, match="strength must be from 0"):
            gate_layers(str(base), str(tuned), tmp_path / "out", strength=strength)
