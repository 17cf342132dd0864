"""The constrained loss against the values of Qi et al. and against cross-entropy."""

from __future__ import annotations

import math

import pytest
import torch

from holdfast.training.constrained import constrained_loss, constrained_weights, token_log_probs

ZERO = torch.zeros(1)


def weight(beta: float, gain: float) -> float:
    """Weight of a token that has become `gain` nats likelier than in the reference."""
    return float(constrained_weights(torch.tensor([gain]), ZERO, torch.tensor([beta])))


@pytest.mark.parametrize(
    ("beta", "gain", "expected"),
    [(2.0, 1.0, 0.2384), (2.0, 2.0, 0.0360), (0.5, 1.0, 0.7551), (0.1, 1.0, 0.9500), (2.0, -1.0, 1.7616), (2.0, 0.0, 1.0), (0.1, 0.0, 1.0)],
)
def test_published_weights(beta: float, gain: float, expected: float) -> None:
    assert weight(beta, gain) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("beta", [0.1, 0.5, 2.0])
def test_at_the_reference_the_loss_of_a_token_is_two_over_beta_times_ln_two(beta: float) -> None:
    assert float(constrained_loss(ZERO, ZERO, torch.tensor([beta]))) == pytest.approx(2 / beta * math.log(2))


@pytest.mark.parametrize("beta", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("gain", [-3.0, 0.0, 0.7, 4.0])
def test_the_gradient_is_the_weight_times_that_of_cross_entropy(beta: float, gain: float) -> None:
    log_prob = torch.tensor([gain], requires_grad=True)
    (found,) = torch.autograd.grad(constrained_loss(log_prob, ZERO, torch.tensor([beta])).sum(), log_prob)
    assert float(found) == pytest.approx(-weight(beta, gain), rel=1e-5)


def test_at_the_reference_the_gradient_of_the_logits_is_that_of_cross_entropy() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 6, 11, generator=generator, dtype=torch.float64).requires_grad_()
    labels = torch.randint(0, 11, (2, 6), generator=generator)
    labels[0, :3] = -100
    learned = labels[:, 1:] != -100
    log_probs = token_log_probs(logits, labels)
    betas = torch.rand(2, 5, generator=generator) * 2 + 0.1
    held = constrained_loss(log_probs, log_probs.detach(), betas)[learned].mean()
    plain = torch.nn.functional.cross_entropy(logits[:, :-1].reshape(-1, 11), labels[:, 1:].reshape(-1))
    ours, theirs = (torch.autograd.grad(loss, logits, retain_graph=True)[0] for loss in (held, plain))
    assert torch.allclose(ours, theirs, atol=1e-7)


def test_log_probs_are_zero_where_nothing_is_learned() -> None:
    labels = torch.tensor([[-100, -100, 3, 4]])
    found = token_log_probs(torch.randn(1, 4, 7), labels)
    assert found.shape == (1, 3)
    assert float(found[0, 0]) == 0.0
    assert (found[0, 1:] < 0).all()
