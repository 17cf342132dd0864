"""Our generation loop gives the tokens that transformers' own greedy search gives, faster and with true endings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.unit.models.tiny import ask, build_model, build_tokenizer, greedy, random_words

from holdfast.core import FinishReason
from holdfast.models.decoding import decode
from holdfast.models.forward import Forward
from holdfast.models.hf import wrap
from holdfast.models.sampling import Chooser
from holdfast.models.stepping import ModelSteps
from holdfast.plugins import ModelOptions, Sampling


def prompts(count: int = 11) -> list[list[int]]:
    """Enough tokens, of lengths so different, that they are read in several groups."""
    rows: list[list[int]] = build_tokenizer()(random_words(0, count, longest=220))["input_ids"]
    assert count < 11 or max(map(len, rows)) * count > 2 * 1024
    return rows


def by_generate(model: Any, rows: list[list[int]], tokens: int, ends: list[int]) -> list[list[int]]:
    out = []
    for row in rows:
        ids = torch.tensor([row])
        mask = torch.ones_like(ids)
        made = model.generate(input_ids=ids, attention_mask=mask, do_sample=False, max_new_tokens=tokens, eos_token_id=ends, pad_token_id=0)
        out.append(made[0, len(row) :].tolist())
    return out


def by_us(model: Any, rows: list[list[int]], tokens: int, ends: list[int]) -> list[Any]:
    choose = Chooser(greedy(), [""] * len(rows), torch.device("cpu"))
    return decode(ModelSteps(Forward(model)), rows, budgets=[tokens] * len(rows), end_tokens=ends, choose=choose)


def mistral() -> Any:
    from transformers import MistralConfig, MistralForCausalLM

    torch.manual_seed(0)
    config = MistralConfig(
        vocab_size=129,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        sliding_window=8,
        initializer_range=0.4,
    )
    return MistralForCausalLM(config).eval()


def gpt2(context: int) -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    return GPT2LMHeadModel(
        GPT2Config(vocab_size=129, n_embd=32, n_layer=2, n_head=4, n_positions=context, initializer_range=0.3, eos_token_id=3)
    ).eval()


@pytest.mark.parametrize(
    ("make", "every"),
    [(build_model, 25), (mistral, 25), (lambda: gpt2(320), 9)],
    ids=["llama", "mistral with a sliding window", "gpt2 with a position table"],
)
def test_greedy_tokens_are_those_of_generate(make: Any, every: int) -> None:
    model, rows = make(), prompts()
    ends = list(range(3, 129, every))  # several end tokens of 129, so that random text ends at every length
    theirs = by_generate(model, rows, 68, ends)
    ours = by_us(model, rows, 68, ends)
    lengths = {len(one.ids) for one in ours}
    assert len(lengths) > 4, "the rows must end at different steps, or dropping finished rows is not tested"
    for one, reference in zip(ours, theirs, strict=True):
        ended = reference[-1] in ends
        assert list(one.ids) == (reference[:-1] if ended else reference)
        assert one.stopped is ended
        assert one.tokens == len(reference)


def test_each_row_keeps_its_own_budget() -> None:
    model, rows = build_model(), prompts(6)
    choose = Chooser(greedy(), [""] * 6, torch.device("cpu"))
    free = decode(ModelSteps(Forward(model)), rows, budgets=[20] * 6, end_tokens=[], choose=choose)
    bound = decode(ModelSteps(Forward(model)), rows, budgets=[1, 5, 20, 7, 20, 2], end_tokens=[], choose=choose)
    assert [len(one.ids) for one in bound] == [1, 5, 20, 7, 20, 2]
    assert all(one.ids == other.ids[: len(one.ids)] for one, other in zip(bound, free, strict=True))


def test_a_context_that_runs_out_ends_the_answer_and_not_the_batch() -> None:
    engine = wrap(gpt2(48), build_tokenizer(), options=ModelOptions(device="cpu"))
    texts = [" ".join(["w1"] * count) for count in (60, 43, 5)]
    too_long, tight, short = engine.generate(ask(texts), greedy(20))
    assert too_long.finish is FinishReason.ERROR
    assert too_long.error == "the prompt has 63 tokens and leaves no room in the model's context"
    assert tight.finish is FinishReason.LENGTH
    assert tight.tokens == 48 - len(engine._chat.encode(ask(texts))[1].ids)  # type: ignore[attr-defined]
    assert short.tokens == 20 or short.finish is FinishReason.STOP


def test_generation_defaults_of_the_model_are_not_used() -> None:
    plain, altered = build_model(), build_model()
    altered.generation_config.repetition_penalty = 5.0
    altered.generation_config.do_sample = True
    altered.generation_config.temperature = 3.0
    texts = ask(random_words(3, 5))
    first, second = (wrap(model, build_tokenizer()).generate(texts, greedy(20)) for model in (plain, altered))
    assert first == second


def test_a_batch_that_does_not_fit_is_halved_and_gives_the_same_answers() -> None:
    model = build_model()
    inner, seen = model.forward, []

    def small_memory(input_ids: Any = None, attention_mask: Any = None, position_ids: Any = None, **rest: Any) -> Any:
        seen.append(len(input_ids))
        if len(input_ids) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return inner(input_ids=input_ids, attention_mask=attention_mask, position_ids=position_ids, **rest)

    requests = ask(random_words(1, 10))
    expected = wrap(model, build_tokenizer()).generate(requests, greedy())
    model.forward = small_memory
    assert wrap(model, build_tokenizer()).generate(requests, greedy()) == expected
    assert seen[0] == 10
    assert max(count for count in seen if count != 10 and count != 5) <= 3


def test_one_request_that_does_not_fit_alone_is_an_error_and_other_errors_are_not_retried() -> None:
    model, calls = build_model(), []

    def broken(input_ids: Any = None, **rest: Any) -> Any:
        calls.append(len(input_ids))
        raise RuntimeError(message)

    model.forward = broken
    for message, tries in (("CUDA out of memory. Tried to allocate", 2), ("shape mismatch", 1)):
        calls.clear()
        with pytest.raises(RuntimeError, match=message[:8]):
            wrap(model, build_tokenizer()).generate(ask(["w1", "w2"]), greedy())
        assert len(calls) == tries


@pytest.mark.parametrize("ends", [[3, 20], 20])
def test_every_configured_end_token_stops_an_answer(ends: Any) -> None:
    model = build_model()
    model.generation_config.eos_token_id = ends
    engine = wrap(model, build_tokenizer())
    assert engine.end_tokens == {3, 20}  # type: ignore[attr-defined]


def test_plan_and_answers_do_not_depend_on_when_they_are_asked(base_folder: Path) -> None:
    from holdfast.plugins import open_models

    requests = ask(random_words(5, 30))
    runs = []
    for _ in range(2):
        (engine,) = open_models([str(base_folder)], ModelOptions(device="cpu", batch_rows=8))
        plan = engine.plan(requests, greedy())
        runs.append((plan, [engine.generate([requests[index] for index in batch], Sampling(max_new_tokens=9)) for batch in plan]))
    assert runs[0] == runs[1]
    assert sorted(index for batch in runs[0][0] for index in batch) == list(range(30))
