"""An ensemble is either of its models at the ends of its weight, token for token, and their mix between them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tests.unit.models.tiny import WORDS, ask, build_model, build_tokenizer, random_words, save, save_adapter

from holdfast.core import InputError, ModelError
from holdfast.models.adapters import side
from holdfast.models.decoding import decode
from holdfast.models.ensemble import Ensemble, ensemble_file, open_ensemble
from holdfast.models.ensemble.engine import EnsembleEngine
from holdfast.models.ensemble.mixing import mixed
from holdfast.models.forward import Forward
from holdfast.models.sampling import Chooser
from holdfast.models.stepping import ModelSteps, Steps
from holdfast.plugins import Engine, GenerationRequest, ModelOptions, Sampling, ScoreRequest, open_models

CPU = ModelOptions(device="cpu")
GREEDY, SAMPLED = Sampling(max_new_tokens=16), Sampling(max_new_tokens=16, temperature=1.0, top_p=0.9, seed=3)


@pytest.fixture(scope="module")
def tuned_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("models") / "tuned", seed=7)


@pytest.fixture(scope="module")
def dora_folder(tmp_path_factory: pytest.TempPathFactory, base_folder: Path) -> Path:
    from tests.unit.mitigate.weights.adapter_folders import make_adapter

    return make_adapter(tmp_path_factory.mktemp("adapters") / "dora", base_folder, use_dora=True)


@pytest.fixture(params=["two models", "adapter in one batch", "DoRA, which cannot share a batch"])
def sides(
    request: pytest.FixtureRequest, base_folder: Path, tuned_folder: Path, adapter_folder: Path, dora_folder: Path
) -> tuple[str, str]:
    tuned = {"two": tuned_folder, "ada": f"{base_folder}+{adapter_folder}", "DoR": f"{base_folder}+{dora_folder}"}[request.param[:3]]
    return str(base_folder), str(tuned)


def requests() -> list[GenerationRequest]:
    return ask(random_words(5, 9, longest=200))


def texts(engine: Engine, sampling: Sampling, asked: list[GenerationRequest] | None = None) -> list[str]:
    answers = engine.generate(asked or requests(), sampling)
    engine.close()
    return [answer.text for answer in answers]


def together(sides: tuple[str, str], weight: float, tokens: int | None) -> EnsembleEngine:
    engine = open_ensemble(Ensemble(base=sides[0], tuned=sides[1], weight=weight, tokens=tokens), CPU, reference="ensemble:here")
    assert isinstance(engine, EnsembleEngine)
    return engine


@pytest.mark.parametrize("sampling", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
@pytest.mark.parametrize("tokens", [1, 5, None])
def test_weight_zero_is_the_tuned_model_token_for_token(sides: tuple[str, str], sampling: Sampling, tokens: int | None) -> None:
    [tuned] = open_models([sides[1]], CPU)
    assert texts(together(sides, 0, tokens), sampling) == texts(tuned, sampling)


@pytest.mark.parametrize("sampling", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
def test_weight_one_throughout_is_the_base_token_for_token(sides: tuple[str, str], sampling: Sampling) -> None:
    [base] = open_models([sides[0]], CPU)
    expected = texts(base, sampling)
    assert texts(together(sides, 1, None), sampling) == expected
    [tuned] = open_models([sides[1]], CPU)
    assert texts(tuned, sampling) != expected


def test_weight_one_for_three_tokens_is_three_of_the_base_and_then_the_tuned_model(sides: tuple[str, str]) -> None:
    engine = together(sides, 1, 3)
    base, tuned = engine._base, engine._tuned
    rows = [one.ids for one in tuned._encode(requests())]

    def continued(begin: Callable[[], Steps], prompts: list[tuple[int, ...]], tokens: int) -> list[tuple[int, ...]]:
        choose = Chooser(GREEDY, [""] * len(prompts), torch.device("cpu"))
        budgets = [tokens] * len(prompts)
        return [one.ids for one in decode(begin(), prompts, budgets=budgets, end_tokens=[], choose=choose)]

    with side(tuned.model, tuned.adapter):
        ours = continued(engine._begin, rows, 12)
    with side(base.model, base.adapter):
        firsts = continued(lambda: ModelSteps(Forward(base.model)), rows, 3)
    with side(tuned.model, tuned.adapter):
        rest = continued(lambda: ModelSteps(Forward(tuned.model)), [row + first for row, first in zip(rows, firsts, strict=True)], 9)
        alone = continued(lambda: ModelSteps(Forward(tuned.model)), rows, 12)
    engine.close()
    assert ours == [first + later for first, later in zip(firsts, rest, strict=True)]
    assert ours != alone


def test_an_adapter_and_its_base_share_a_batch_and_dora_does_not(
    base_folder: Path, adapter_folder: Path, dora_folder: Path, tuned_folder: Path
) -> None:
    found = {}
    for name, tuned in (("lora", f"{base_folder}+{adapter_folder}"), ("dora", f"{base_folder}+{dora_folder}"), ("two", str(tuned_folder))):
        engine = together((str(base_folder), tuned), 0.5, 5)
        found[name] = engine.one_batch
        engine.close()
    assert found == {"lora": True, "dora": False, "two": False}


def test_between_the_ends_the_next_token_is_the_mixtures(sides: tuple[str, str], base_folder: Path) -> None:
    words = WORDS[:40]
    asked = requests()[:4]
    base, tuned = open_models(sides, CPU)
    scores = []
    for engine in (base, tuned):
        found = engine.score([ScoreRequest(messages=request.messages, continuations=words) for request in asked])
        scores.append(torch.tensor([result.log_probs for result in found], dtype=torch.float64))
        engine.close()
    expected = (0.3 * scores[0].exp() + 0.7 * scores[1].exp()).log()
    engine = together(sides, 0.3, None)
    steps = engine._begin()
    with torch.inference_mode():
        prompts = [one.ids for one in engine._tuned._encode(asked)]
        logits = steps.read(prompts, room=2)
    ids = build_tokenizer().convert_tokens_to_ids(list(words))
    engine.close()
    torch.testing.assert_close(logits[:, ids], expected, rtol=1e-4, atol=1e-4)


def test_a_text_does_not_depend_on_the_batch(sides: tuple[str, str]) -> None:
    engine = together(sides, 0.5, 5)
    asked = requests()
    whole = [answer.text for answer in engine.generate(asked, SAMPLED)]
    alone = [engine.generate([request], SAMPLED)[0].text for request in asked]
    engine.close()
    assert whole == alone


def test_mixed_adds_probabilities() -> None:
    tuned, base = torch.tensor([[0.0, 2.0, -math.inf]]), torch.tensor([[1.0, -1.0, 3.0]])
    expected = 0.25 * base.double().softmax(-1) + 0.75 * tuned.double().softmax(-1)
    torch.testing.assert_close(mixed(tuned, base, 0.25).exp(), expected)
    torch.testing.assert_close(mixed(tuned, base, 0.25).exp().sum(), torch.tensor(1.0, dtype=torch.float64))


def test_the_reference_opens_everywhere(tmp_path: Path, base_folder: Path, tuned_folder: Path) -> None:
    spec = Ensemble(base=str(base_folder), tuned=str(tuned_folder), weight=0.5, tokens=2)
    (tmp_path / "pair.json").write_bytes(ensemble_file(spec))
    [engine] = open_models([f"ensemble:{tmp_path / 'pair.json'}"], CPU)
    other = open_ensemble(Ensemble(base=spec.base, tuned=spec.tuned, weight=0.4, tokens=2), CPU, reference="x")
    assert engine.fingerprint.digest != other.fingerprint.digest
    assert not engine.capabilities.scores
    with pytest.raises(ModelError, match="gives no probabilities"):
        engine.score([])
    engine.close()
    other.close()


@pytest.mark.parametrize("weight", [-0.1, 1.1, math.nan])
def test_a_weight_outside_of_zero_to_one_is_refused(weight: float) -> None:
    with pytest.raises(InputError, match="from 0 to 1"):
        Ensemble(base="a", tuned="b", weight=weight)


def test_no_tokens_at_all_is_refused() -> None:
    with pytest.raises(InputError, match="use the tuned model itself"):
        Ensemble(base="a", tuned="b", tokens=0)


def bad(name: str) -> Callable[[Path, Path], tuple[str, str]]:
    def make(folder: Path, base: Path) -> tuple[str, str]:
        if name == "same":
            return str(base), str(base)
        if name == "recording":
            (folder / "answers.jsonl").write_text('{"prompt": "a", "category": "c", "response": "b"}\n', encoding="utf-8")
            return str(base), f"replay:{folder / 'answers.jsonl'}"
        tokenizer = build_tokenizer()
        tokenizer.add_tokens(["new"])
        build_model(1).save_pretrained(folder / "other")
        tokenizer.save_pretrained(folder / "other")
        return str(base), str(folder / "other")

    return make


@pytest.mark.parametrize(
    ("name", "why"), [("same", "the same model"), ("recording", "must run here"), ("tokenizer", "different tokenizers")]
)
def test_what_cannot_be_mixed_is_refused(tmp_path: Path, base_folder: Path, name: str, why: str) -> None:
    with pytest.raises(ModelError, match=why):
        together(bad(name)(tmp_path, base_folder), 0.5, 5)


@pytest.mark.parametrize("content", ["{}", "[1]", '{"base": "a", "tuned": "b", "weight": 3}', "no"])
def test_a_file_that_is_no_ensemble_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "e.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"e\.json is not an ensemble"):
        open_models([f"ensemble:{tmp_path / 'e.json'}"], CPU)
    with pytest.raises(ModelError, match="there is no file"):
        open_models(["ensemble:nowhere.json"], CPU)


def test_two_adapters_of_one_base_are_switched(base_folder: Path, adapter_folder: Path, tmp_path: Path) -> None:
    other = save_adapter(tmp_path / "other", base_folder, seed=9)
    sides = (f"{base_folder}+{other}", f"{base_folder}+{adapter_folder}")
    for weight, which in ((1, 0), (0, 1)):
        [alone] = open_models([sides[which]], CPU)
        assert texts(together(sides, weight, None), GREEDY) == texts(alone, GREEDY)
