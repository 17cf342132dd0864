from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from tests.unit.models.test_live import peft_model
from tests.unit.models.tiny import build_model

from holdfast.probes import UpdateMeter, answer_logits, first_logits, kl_per_token


def test_kl_of_known_distributions() -> None:
    tuned = torch.tensor([0.5, 0.5]).log().expand(3, 2, 2)
    base = torch.tensor([[0.5, 0.5], [0.9, 0.1]]).log().expand(3, 2, 2)
    first, second = kl_per_token(tuned, base).tolist()
    assert first == 0
    assert second == pytest.approx(0.5 * math.log(0.5 / 0.9) + 0.5 * math.log(0.5 / 0.1), abs=1e-6)


def test_kl_takes_the_tuned_model_as_the_first_argument() -> None:
    tuned, base = torch.tensor([[[0.9, 0.1]]]).log(), torch.tensor([[[0.5, 0.5]]]).log()
    assert float(kl_per_token(tuned, base)[0]) == pytest.approx(0.9 * math.log(1.8) + 0.1 * math.log(0.2), abs=1e-6)


def test_padding_changes_no_logit() -> None:
    model = build_model().eval()
    together = first_logits(model, [[9, 10, 11], [12, 13, 14, 15, 16, 17]])
    alone = torch.cat([first_logits(model, [[9, 10, 11]]), first_logits(model, [[12, 13, 14, 15, 16, 17]])])
    assert torch.allclose(together, alone, atol=1e-5)


def test_answers_are_read_one_token_ahead() -> None:
    model = build_model().eval()
    read = answer_logits(model, [[9, 10], [11, 12, 13]], [[20, 21, 22], [23, 24, 25]])
    assert read.shape[:2] == (2, 3)
    assert torch.allclose(read[:, 0], first_logits(model, [[9, 10], [11, 12, 13]]), atol=1e-5)
    assert torch.allclose(read[:, 2], first_logits(model, [[9, 10, 20, 21], [11, 12, 13, 23, 24]]), atol=1e-5)


def test_nothing_moved_is_zero() -> None:
    model = build_model()
    assert set(UpdateMeter(model).measure(model).values()) == {0.0}


def test_a_moved_layer_shows_where_it_is() -> None:
    model = build_model()
    meter = UpdateMeter(model)
    with torch.no_grad():
        model.model.layers[1].mlp.up_proj.weight.mul_(1.1)
    moved = meter.measure(model)
    assert moved["layer-1"] > 0
    assert moved["layer-0"] == 0


def test_sampled_entries_estimate_the_norm_of_a_large_tensor() -> None:
    class Large(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lm_head = torch.nn.Linear(300, 200, bias=False)

    torch.manual_seed(0)
    model: Any = Large()
    meter, start = UpdateMeter(model), model.lm_head.weight.detach().clone()
    with torch.no_grad():
        model.lm_head.weight.add_(torch.randn(200, 300) * 0.01)
    exact = float((model.lm_head.weight.detach() - start).norm() / start.norm())
    assert meter.measure(model)["head"] == pytest.approx(exact, rel=0.05)


def test_an_adapters_update_is_that_of_the_merged_weights() -> None:
    model = peft_model()
    meter = UpdateMeter(model)
    assert set(meter.measure(model).values()) == {0.0}
    layer = model.base_model.model.model.layers[0].self_attn
    for projection in (layer.q_proj, layer.v_proj):
        torch.nn.init.normal_(projection.lora_B["default"].weight)
    deltas = [projection.get_delta_weight("default").detach() for projection in (layer.q_proj, layer.v_proj)]
    weights = [projection.get_base_layer().weight.detach() for projection in (layer.q_proj, layer.v_proj)]
    exact = sum(float(d.square().sum()) for d in deltas) / sum(float(w.square().sum()) for w in weights)
    assert meter.measure(model)["layer-0"] == pytest.approx(exact**0.5, rel=1e-4)
