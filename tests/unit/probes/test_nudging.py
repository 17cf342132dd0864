"""A small step towards a model's own refusals: it makes them likelier, costs little, and leaves no trace."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from holdfast.probes import answer_log_probs, answer_logits, nudged, towards_refusing


def tiny() -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    shape = LlamaConfig(vocab_size=31, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2)
    return LlamaForCausalLM(shape).eval()


REFUSALS = [((3, 4, 5), (7, 8)), ((3, 9, 5, 6), (7, 8, 2))]
HARMLESS = [((11, 12), (13, 14)), ((11, 15, 16), (17,))]


def mean(model: Any) -> float:
    """Log probability of the refusals' tokens, mean."""
    return float(torch.cat(answer_log_probs(model, [one for one, _ in REFUSALS], [two for _, two in REFUSALS])).mean())


def test_answers_of_different_lengths_are_read_as_each_alone() -> None:
    model = tiny()
    together = answer_log_probs(model, [one for one, _ in REFUSALS], [two for _, two in REFUSALS])
    for (prompt, answer), found in zip(REFUSALS, together, strict=True):
        alone = answer_logits(model, [prompt], [answer])[0].log_softmax(-1)
        assert found.tolist() == pytest.approx(alone[range(len(answer)), list(answer)].tolist(), abs=1e-5)


def test_the_step_makes_refusals_likelier_and_is_undone_to_the_last_bit() -> None:
    model = tiny()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    before = [value.clone() for value in model.state_dict().values()]
    was = mean(model)
    nudge = towards_refusing(model, REFUSALS, HARMLESS)
    with nudged(nudge):
        assert mean(model) > was
    assert all(torch.equal(one, other) for one, other in zip(before, model.state_dict().values(), strict=True))
    assert not any(parameter.requires_grad or parameter.grad is not None for parameter in model.parameters())
    assert 0 < nudge.size <= 2**-6


def test_the_step_is_along_the_gradient() -> None:
    model = tiny()
    nudge = towards_refusing(model, REFUSALS, HARMLESS, rows=1)
    together = torch.cat(answer_log_probs(model, [one for one, _ in REFUSALS], [two for _, two in REFUSALS], grad=True)).mean()
    together.backward()  # type: ignore[no-untyped-call]
    own = torch.cat([parameter.grad.flatten() for parameter, _ in nudge.direction])
    taken = torch.cat([part.flatten() for _, part in nudge.direction])
    assert float(taken.norm()) == pytest.approx(1.0, abs=1e-5)
    assert float((own / own.norm()) @ taken) == pytest.approx(1.0, abs=1e-4)
