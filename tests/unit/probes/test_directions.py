from __future__ import annotations

import pytest
import torch
from tests.unit.models.tiny import build_model

from holdfast.probes import compare_directions, first_logits, last_states

WIDTH, EACH = 64, 40


def activations(turned: float = 0.0, *, shrunk: float = 1.0, seed: int = 0, fresh: float = 0.0) -> torch.Tensor:
    """One layer of noise with requests to refuse 6 further along the first axis, turned by an angle towards the second."""
    noise = torch.randn(2 * EACH, WIDTH, generator=torch.Generator().manual_seed(seed))
    noise = noise + fresh * torch.randn(2 * EACH, WIDTH, generator=torch.Generator().manual_seed(seed + 1))
    axis = torch.zeros(WIDTH)
    axis[0], axis[1] = torch.tensor(turned).cos(), torch.tensor(turned).sin()
    noise[:EACH] += 6 * shrunk * axis
    return noise[:, None]


def test_an_untouched_model_has_cosine_one_and_the_same_gap() -> None:
    (found,) = compare_directions(activations(), activations(), refuse=EACH)
    assert found.cosine == pytest.approx(1.0)
    assert found.gap_tuned == found.gap_base
    assert 0.5 < found.cosine_floor < 1.0
    assert found.random_p == 1.0


def test_the_gap_is_the_separation_that_was_put_in() -> None:
    (found,) = compare_directions(activations(), activations(), refuse=EACH)
    # d' of 6 along the true axis; the direction from 20 and 20 noisy prompts points a little beside it.
    assert 4.5 < found.gap_base < 6.5


def test_a_little_noise_stays_inside_the_floor() -> None:
    (found,) = compare_directions(activations(), activations(fresh=0.2), refuse=EACH)
    assert found.cosine > found.cosine_floor
    assert abs(found.gap_tuned - found.gap_base) < found.gap_floor


def test_a_turned_direction_falls_below_the_floor_and_its_own_gap_is_wider() -> None:
    (found,) = compare_directions(activations(), activations(1.2), refuse=EACH)
    assert found.cosine < found.cosine_floor
    assert found.cosine > found.cosine_random
    assert found.gap_tuned < found.gap_own
    assert found.gap_own == pytest.approx(found.gap_base, abs=1.5)


def test_a_closing_gap_is_seen_where_the_direction_stays() -> None:
    (found,) = compare_directions(activations(), activations(shrunk=0.4), refuse=EACH)
    assert found.cosine > 0.9
    assert found.gap_base - found.gap_tuned > found.gap_floor
    assert found.gap_base - found.gap_tuned > found.gap_random
    assert found.random_p == pytest.approx(1 / 201)


def test_random_directions_are_nearly_orthogonal() -> None:
    (found,) = compare_directions(activations(), activations(), refuse=EACH)
    assert found.cosine_random == pytest.approx(1.96 / WIDTH**0.5, abs=0.06)


def test_the_seed_decides_every_number() -> None:
    first, again = (compare_directions(activations(), activations(0.3), refuse=EACH, seed=5) for _ in range(2))
    assert first == again
    assert first != compare_directions(activations(), activations(0.3), refuse=EACH, seed=6)


def test_too_few_prompts_are_an_error() -> None:
    with pytest.raises(ValueError, match="4 prompts of each kind"):
        compare_directions(activations(), activations(), refuse=3)


def test_states_are_those_of_the_last_token_whatever_the_padding() -> None:
    model = build_model().eval()
    together = last_states(model, [[9, 10, 11], [12, 13, 14, 15, 16, 17]])
    alone = torch.cat([last_states(model, [[9, 10, 11]]), last_states(model, [[12, 13, 14, 15, 16, 17]])])
    assert together.shape == (2, model.config.num_hidden_layers, model.config.hidden_size)
    assert torch.allclose(together, alone, atol=1e-5)
    # After the last block comes the final norm, so the head gives the logits themselves.
    with torch.no_grad():
        logits = model.lm_head(together[:, -1])
    assert torch.allclose(logits, first_logits(model, [[9, 10, 11], [12, 13, 14, 15, 16, 17]]), atol=1e-4)
