from __future__ import annotations

import math

import pytest
import torch

from holdfast.probes import learn_refusal_tokens, refusal_log_odds


def logits_with(mass: float) -> torch.Tensor:
    """Logits over four tokens, of which tokens 0 and 1 share a probability mass."""
    return torch.tensor([[mass / 2, mass / 2, (1 - mass) / 2, (1 - mass) / 2]], dtype=torch.float64).log()


@pytest.mark.parametrize(("mass", "score"), [(0.9, 2.1972), (0.5, 0.0), (0.01, -4.5951), (0.0, -18.4207), (1.0, 18.4207)])
def test_golden_values(mass: float, score: float) -> None:
    assert float(refusal_log_odds(logits_with(mass), [0, 1])) == pytest.approx(score, abs=1e-4)


def test_tokens_are_learned_from_what_refusals_open_with_and_answers_do_not() -> None:
    refused = torch.tensor([[5.0, 3.0, 0.0, 2.0, -9.0]] * 6)
    answered = torch.tensor([[0.0, -4.0, 6.0, 2.0, -9.0]] * 6)
    learned = learn_refusal_tokens(refused, answered)
    assert learned.ids == (0, 1)
    assert learned.mass == pytest.approx(float(refused[0].softmax(-1)[:2].sum()))
    assert learned.mass_elsewhere < 0.01


def test_a_rare_token_is_not_learned_however_telling_it_is() -> None:
    refused = torch.tensor([[0.01, 0.99, 1e-12], [0.01, 0.99, 1e-12]] * 2).log()
    answered = torch.tensor([[1e-9, 0.5, 0.5], [1e-9, 0.5, 0.5]] * 2).log()
    assert learn_refusal_tokens(refused, answered).ids == (1,)


@pytest.mark.parametrize("few", [0, 3])
def test_too_few_refusals_are_said_and_not_learned_from(few: int) -> None:
    learned = learn_refusal_tokens(torch.zeros(few, 5), torch.zeros(9, 5))
    assert learned.ids == ()
    assert f"refused {few} of the requests" in learned.reason


def test_same_openings_give_no_tokens() -> None:
    learned = learn_refusal_tokens(torch.zeros(9, 5), torch.zeros(9, 5))
    assert learned.ids == ()
    assert "same first tokens" in learned.reason


def test_log_odds_are_symmetric() -> None:
    assert float(refusal_log_odds(logits_with(0.3), [0, 1])) == pytest.approx(-float(refusal_log_odds(logits_with(0.7), [0, 1])))
    assert math.isfinite(float(refusal_log_odds(torch.tensor([[1000.0, -1000.0]]), [0])))
