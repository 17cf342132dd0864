from __future__ import annotations

import itertools

import pytest
import torch
from tests.unit.models.tiny import build_model

from holdfast.probes import RefusalTokens, answer_logits, learn_refusal_openings, opening_log_probs

PROMPTS = [[9, 10, 11], [12, 13, 14, 15, 16, 17], [18, 19]]


def test_the_cached_pass_equals_reading_every_opening_anew() -> None:
    model, openings = build_model().eval(), [(20, 21, 22), (23, 24), (25,)]
    found = opening_log_probs(model, PROMPTS, openings)
    assert found.shape == (3, 3)
    for (row, prompt), (column, opening) in itertools.product(enumerate(PROMPTS), enumerate(openings)):
        read = answer_logits(model, [prompt], [opening]).double().log_softmax(-1)[0]
        alone = sum(float(read[at, token]) for at, token in enumerate(opening))
        assert float(found[row, column]) == pytest.approx(alone, abs=1e-4)


def test_all_openings_of_one_token_sum_to_one() -> None:
    model = build_model().eval()
    everything = [(token,) for token in range(model.config.vocab_size)]
    assert opening_log_probs(model, PROMPTS, everything).exp().sum(-1).tolist() == pytest.approx([1.0] * 3, abs=1e-5)


def test_order_and_batches_change_nothing() -> None:
    model, openings = build_model().eval(), [(20, 21), (22,)]
    together = opening_log_probs(model, PROMPTS, openings)
    assert torch.allclose(opening_log_probs(model, PROMPTS[::-1], openings), together.flip(0), atol=1e-5)
    assert torch.allclose(opening_log_probs(model, PROMPTS, openings, rows=1), together, atol=1e-5)


@pytest.mark.slow
def test_an_organism_teaches_its_three_ways_to_refuse() -> None:
    from tests.unit.watch.trainings import aligned

    from holdfast.watch.prober import ModelProber
    from holdfast.watch.prompts import choose_prompts

    model, tokenizer = aligned()
    prober = ModelProber(model, tokenizer, choose_prompts("lab", refuse=24, benign=8))
    prober.start()
    assert {tokenizer.decode(list(ids)) for ids in prober.openings.ids} == {"i cannot help you", "sorry , i can", "i am sorry ,"}
    assert prober.openings.mass > 0.98


def test_nothing_learned_stays_nothing_with_its_reason() -> None:
    learned = learn_refusal_openings(build_model(), PROMPTS, RefusalTokens(ids=(), reason="too few"))
    assert (learned.ids, learned.reason) == ((), "too few")
