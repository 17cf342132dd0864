"""The logits processor gives transformers' own `generate` the answers of the base, the tuned model or their mix."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.unit.models.tiny import ask, build_model, build_tokenizer, random_words, save, save_adapter
from transformers import AutoModelForCausalLM

from holdfast.core import InputError, ModelError
from holdfast.mitigate.decoding import Ensemble, OutputEnsemble, ensemble_file
from holdfast.plugins import ModelOptions, Sampling, open_models

TOKENS = 12


def inputs(count: int = 4) -> dict[str, torch.Tensor]:
    """Prompts of different lengths, padded on the left."""
    tokenizer = build_tokenizer()
    tokenizer.padding_side = "left"
    return dict(tokenizer(random_words(2, count, longest=20), padding=True, return_tensors="pt", return_token_type_ids=False))


def written(model: Any, processor: OutputEnsemble | None = None, **settings: Any) -> list[list[int]]:
    given = inputs()
    settings = {"max_new_tokens": TOKENS, "do_sample": False, "pad_token_id": 0, "eos_token_id": None, **settings}
    made = model.generate(**given, logits_processor=[processor] if processor else None, **settings)
    rows: list[list[int]] = made[:, given["input_ids"].shape[1] :].tolist()
    return rows


def processor(base: Any, **settings: Any) -> OutputEnsemble:
    return OutputEnsemble(base, attention_mask=inputs()["attention_mask"], **settings)


@pytest.fixture(params=["two models", "one model with an adapter"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Any, Any]:
    """(base, tuned): the same object where an adapter is switched."""
    if request.param == "two models":
        return build_model(0), build_model(1)
    from peft import PeftModel

    base = save(tmp_path / "base")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PEFT asks transformers for a property that transformers deprecates
        model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), save_adapter(tmp_path / "lora", base)).eval()
    return model, model


def base_alone(base: Any) -> list[list[int]]:
    if hasattr(base, "disable_adapter"):
        with base.disable_adapter():
            return written(base)
    return written(base)


@pytest.mark.parametrize("tokens", [3, None])
def test_weight_zero_changes_nothing(pair: tuple[Any, Any], tokens: int | None) -> None:
    base, tuned = pair
    assert written(tuned, processor(base, weight=0, tokens=tokens)) == written(tuned)


def test_weight_one_is_the_base(pair: tuple[Any, Any]) -> None:
    base, tuned = pair
    expected = base_alone(base)
    assert written(tuned, processor(base, weight=1, tokens=None)) == expected
    assert written(tuned) != expected


def test_the_first_tokens_are_the_bases_and_then_it_is_left_alone(pair: tuple[Any, Any]) -> None:
    base, tuned = pair
    ours, theirs = written(tuned, processor(base, weight=1, tokens=2)), base_alone(base)
    assert [row[:2] for row in ours] == [row[:2] for row in theirs]
    assert ours != theirs


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_beams_that_change_places_are_followed(weight: float) -> None:
    base, tuned = build_model(0), build_model(1)
    expected = written(base if weight else tuned, num_beams=3)
    assert written(tuned, processor(base, weight=weight, tokens=None), num_beams=3) == expected


def test_samples_of_one_prompt_each_have_their_row() -> None:
    base, tuned = build_model(0), build_model(1)
    torch.manual_seed(0)
    expected = written(base, do_sample=True, num_return_sequences=2)
    torch.manual_seed(0)
    assert written(tuned, processor(base, weight=1, tokens=None), do_sample=True, num_return_sequences=2) == expected


def test_it_mixes_as_the_engine_does(tmp_path: Path) -> None:
    folders = [save(tmp_path / name, seed=seed) for seed, name in enumerate(("base", "tuned"))]
    spec = Ensemble(base=str(folders[0]), tuned=str(folders[1]), weight=0.4, tokens=4)
    (tmp_path / "pair.json").write_bytes(ensemble_file(spec))
    [engine] = open_models([f"ensemble:{tmp_path / 'pair.json'}"], ModelOptions(device="cpu"))
    [request] = ask(["w3 w9 w27"])
    [answer] = engine.generate([request], Sampling(max_new_tokens=TOKENS))
    tokenizer = build_tokenizer()
    ids = tokenizer.apply_chat_template(
        [{"role": "user", "content": "w3 w9 w27"}], add_generation_prompt=True, return_tensors="pt", return_dict=True
    )["input_ids"]
    base, tuned = (AutoModelForCausalLM.from_pretrained(folder) for folder in folders)
    made = tuned.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        do_sample=False,
        max_new_tokens=TOKENS,
        pad_token_id=0,
        logits_processor=[OutputEnsemble(base, weight=0.4, tokens=4)],
    )
    plain = tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True)
    engine.close()
    assert answer.text.split() == plain.rpartition("</think>")[2].split()


@pytest.mark.parametrize(("settings", "why"), [({"weight": 2}, "from 0 to 1"), ({"tokens": 0}, "at least 1")])
def test_values_that_cannot_be_are_refused(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        OutputEnsemble(build_model(0), **settings)


def test_another_vocabulary_and_another_mask_are_refused() -> None:
    tuned, small = build_model(1), build_model(0)
    small.resize_token_embeddings(100)
    with pytest.raises(ModelError, match="predicts 100 tokens"):
        OutputEnsemble(small)(torch.tensor([[1, 2]]), torch.zeros(1, 129))
    with pytest.raises(InputError, match="give the mask of these prompts"):
        written(tuned, OutputEnsemble(tuned, attention_mask=torch.ones(3, 2)))
