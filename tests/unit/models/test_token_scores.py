"""Scores token by token, prompts without a template, and throw-away adapters."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from tests.unit.models.tiny import ask, build_model, build_tokenizer, random_words

from holdfast.core import InputError, Message, ModelError
from holdfast.models.hf import TransformersKind, wrap
from holdfast.plugins import GenerationRequest, ModelOptions, Relearner, Relearning, RoundTrips, Sampling, ScoreRequest

OPTIONS = ModelOptions(device="cpu", batch_tokens=600)


def detailed(text: str = "w1 w2 w3", *, raw: bool = False, temperature: float = 1.0, top_k: int = 0) -> ScoreRequest:
    return ScoreRequest(
        messages=ask(["w7 w8 w9"])[0].messages, continuations=(text,), detail=True, raw=raw, temperature=temperature, top_k=top_k
    )


def test_tokens_add_up_to_the_sum_and_agree_with_a_plain_pass() -> None:
    model, tokenizer = build_model(), build_tokenizer()
    request = detailed()
    (result,) = wrap(model, tokenizer, options=OPTIONS).score([request])
    (tokens,) = result.details
    assert sum(tokens.log_probs) == pytest.approx(result.log_probs[0], abs=1e-5)
    chat = [{"role": message.role, "content": message.content} for message in request.messages]
    prompt = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=True)["input_ids"]
    ids = tokenizer(request.continuations[0], add_special_tokens=False)["input_ids"]
    with torch.no_grad():
        logs = model(torch.tensor([prompt + ids])).logits[0].double().log_softmax(-1)[len(prompt) - 1 : -1]
    for place, token in enumerate(ids):
        probs = logs[place].exp()
        mean = float((probs * logs[place]).sum())
        assert tokens.ranks[place] == 1 + int((logs[place] > logs[place, token]).sum())
        assert tokens.means[place] == pytest.approx(mean, abs=1e-4)
        assert tokens.deviations[place] == pytest.approx(math.sqrt(float((probs * logs[place] ** 2).sum()) - mean**2), abs=1e-4)
    assert [request.continuations[0][:end] for end in tokens.ends] == ["w1", "w1 w2", "w1 w2 w3"]


def test_a_greedy_answer_has_rank_one_everywhere() -> None:
    engine = wrap(build_model(), build_tokenizer(), options=OPTIONS)
    checked = 0
    for request in ask(random_words(4, 12)):
        (answer,) = engine.generate([request], Sampling(max_new_tokens=3))
        if answer.tokens != len(answer.text.split()):
            continue  # a special token was generated, which the text does not show
        checked += 1
        (result,) = engine.score([ScoreRequest(messages=request.messages, continuations=(answer.text,), detail=True)])
        assert set(result.details[0].ranks) == {1}
    assert checked >= 3


def test_the_scheme_is_softmax_at_its_temperature_over_the_top_k() -> None:
    engine = wrap(build_model(), build_tokenizer(), options=OPTIONS)
    (plain,) = engine.score([detailed()])[0].details
    assert plain.sampled == pytest.approx(plain.log_probs)
    vocabulary = tuple(f"w{number}" for number in range(120))
    one = ScoreRequest(messages=detailed().messages, continuations=vocabulary, detail=True, temperature=0.7, top_k=10)
    (result,) = engine.score([one])
    kept = [scores.sampled[0] for scores in result.details if scores.ranks[0] <= 10]
    left = [scores.sampled[0] for scores in result.details if scores.ranks[0] > 10]
    assert sum(map(math.exp, kept)) <= 1 + 1e-9
    assert set(left) == {-math.inf}
    with pytest.raises(ModelError, match="above 0"):
        engine.score([detailed(temperature=0.0)])


def test_without_a_template_the_words_are_read_as_they_stand() -> None:
    model, tokenizer = build_model(), build_tokenizer()
    engine = wrap(model, tokenizer, options=OPTIONS)
    request = detailed(" w1 w2", raw=True)
    (result,) = engine.score([request])
    ids = tokenizer("w7 w8 w9 w1 w2")["input_ids"]  # begins with <s>, as this tokenizer's plain texts do
    assert ids[0] == tokenizer.bos_token_id
    with torch.no_grad():
        logs = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    expected = sum(float(logs[place - 1, ids[place]]) for place in (len(ids) - 2, len(ids) - 1))
    assert result.log_probs[0] == pytest.approx(expected, abs=2e-4)
    assert result.log_probs[0] != pytest.approx(engine.score([detailed("w1 w2")])[0].log_probs[0], abs=1e-3)
    asked = [GenerationRequest(key=str(n), messages=request.messages, raw=True, prefill=f" w{n}") for n in range(10)]
    checked = 0
    for number, answer in enumerate(engine.generate(asked, Sampling(max_new_tokens=1))):
        with torch.no_grad():
            first = int(model(torch.tensor([tokenizer(f"w7 w8 w9 w{number}")["input_ids"]])).logits[0, -1].argmax())
        if first >= 9:  # the others are special and have no text
            checked += 1
            assert answer.text == tokenizer.decode([first])
    assert checked >= 3


def test_texts_come_back_as_the_tokenizer_can_write_them() -> None:
    engine = wrap(build_model(), build_tokenizer(), options=OPTIONS)
    assert isinstance(engine, RoundTrips)
    known, unknown, nothing = engine.round_trips(["w1 w2", "w1 nobody@home.example", ""])
    assert known == "w1 w2"
    assert "nobody@home.example" not in unknown
    assert nothing == ""
    assert engine.round_trips([]) == []


ROWS = tuple(
    (Message(role="user", content=f"w{number} w{number + 1}"), Message(role="assistant", content=f"w{number + 20} w{number + 40}"))
    for number in range(4)
)


def relearner(engine: object) -> Relearner:
    assert isinstance(engine, Relearner)
    return engine


def test_relearning_teaches_the_copy_and_leaves_the_model_alone() -> None:
    model = build_model()
    engine = wrap(model, build_tokenizer(), options=OPTIONS)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    learned = relearner(engine).relearned(ROWS, Relearning(lr=2e-2, epochs=30))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not model.training
    asked = [GenerationRequest(key="", messages=row[:1]) for row in ROWS]
    said = [answer.text for answer in learned.generate(asked, Sampling(max_new_tokens=4))]
    assert said == [row[1].content for row in ROWS]
    assert [answer.text for answer in engine.generate(asked, Sampling(max_new_tokens=4))] != said
    again = relearner(engine).relearned(ROWS, Relearning(lr=2e-2, epochs=30))
    requests = [ScoreRequest(messages=row[:1], continuations=(row[1].content,)) for row in ROWS]
    assert again.score(requests) == learned.score(requests)


def test_relearning_stands_on_the_side_that_is_asked_for(base_folder: Path, adapter_folder: Path) -> None:
    base, tuned = TransformersKind().open([str(base_folder), f"{base_folder}+{adapter_folder}"], OPTIONS)
    untouched = Relearning(epochs=0)
    requests = [detailed()]
    for engine in (base, tuned):
        copied = relearner(engine).relearned(ROWS, untouched)
        assert copied.score(requests)[0].log_probs == pytest.approx(engine.score(requests)[0].log_probs, abs=1e-4)
    assert base.score(requests)[0].log_probs != pytest.approx(tuned.score(requests)[0].log_probs, abs=1e-3)


def test_a_row_must_end_with_an_answer() -> None:
    with pytest.raises(InputError, match="assistant"):
        relearner(wrap(build_model(), build_tokenizer())).relearned([ROWS[0][:1]], Relearning())
