"""The repairs of weights and decoding on the command line: what they print, and one sentence for each mistake."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.cli.commands import Said, command
from tests.unit.mitigate.weights.adapter_folders import make_adapter
from tests.unit.models.tiny import save


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for seed, name in enumerate(("base", "tuned", "unaligned")):
        save(folder / name, seed=seed)
    save(folder / "deep", layers=3)
    make_adapter(folder / "lora", folder / "base")
    make_adapter(folder / "safety", folder / "base", seed=2)
    make_adapter(folder / "dora", folder / "base", use_dora=True)
    return folder


@pytest.fixture
def say(models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    monkeypatch.chdir(tmp_path)
    for folder in models.iterdir():
        Path(folder.name).symlink_to(folder)
    return lambda *arguments: command(capsys, monkeypatch, "mitigate", *arguments)


def test_scale_prints_the_new_models_reference(say: Callable[..., Said]) -> None:
    said = say("scale", "base", "tuned", "--alpha", "0.25", "-o", "out")
    assert (said.code, said.out.splitlines()[0]) == (0, "out")
    assert "holdfast compare base out" in said.out
    assert say("scale", "base", "lora", "-o", "half", "-q").out.strip().endswith("+half")
    assert json.loads(say("scale", "base", "tuned", "-o", "again", "--json").out)["mitigation"]["parameters"] == {"alpha": 0.5}


def test_vector_adds_models_or_an_adapter(say: Callable[..., Said]) -> None:
    assert say("vector", "tuned", "--aligned", "base", "--unaligned", "unaligned", "-o", "out").code == 0
    said = say("vector", "base+lora", "--safety-adapter", "safety", "-o", "both", "-q")
    assert (said.code, said.out.strip().endswith("+both")) == (0, True)


def test_layers_prints_the_strength_of_each(say: Callable[..., Said]) -> None:
    lines = say("layers", "base", "tuned", "-o", "out", "--count", "1", "--strength", "0.5").out.splitlines()
    assert lines[0].split() == ["layer", "size", "kept"]
    assert sorted(line.split()[2] for line in lines[1:3]) == ["0.5", "1"]


def test_ensemble_writes_a_file_and_says_the_cost(say: Callable[..., Said]) -> None:
    said = say("ensemble", "base", "tuned", "-o", "pair.json", "--threads", "1")
    assert (said.code, said.out.splitlines()[0]) == (0, "ensemble:pair.json")
    assert "times the tuned model's" in said.out
    assert json.loads(Path("pair.json").read_text(encoding="utf-8"))["tokens"] == 5
    found = json.loads(say("ensemble", "base", "base+lora", "--tokens", "0", "-o", "pair.json", "--threads", "1", "--json").out)
    assert found["one_batch"]
    assert found["ratio"] == pytest.approx(found["cost"]["ensemble_ms"] / found["cost"]["tuned_ms"])
    assert json.loads(Path("pair.json").read_text(encoding="utf-8"))["tokens"] is None


MISTAKES = {
    "another architecture": (("scale", "base", "deep"), "different architectures"),
    "an adapter as base": (("scale", "lora", "tuned"), "is an adapter, not a model"),
    "alpha too large": (("scale", "base", "tuned", "--alpha", "1.2"), "alpha must be from 0"),
    "past the base": (("scale", "base", "tuned", "--alpha", "-0.2"), "add --extrapolate"),
    "the same model": (("scale", "base", "base"), "the same model"),
    "no such folder": (("scale", "base", "nowhere"), "does not exist"),
    "not linear": (("scale", "base", "dora"), "DoRA"),
    "no vector": (("vector", "tuned"), "--aligned and --unaligned"),
    "both kinds": (("vector", "tuned", "--aligned", "base", "--safety-adapter", "safety"), "Give either"),
    "a vector taken away": (("vector", "tuned", "--aligned", "base", "--unaligned", "unaligned", "--gamma", "-1"), "never taken away"),
    "too many layers": (("layers", "base", "tuned", "--count", "9"), "--count must be from 1 to 2"),
    "no unaligned model": (("layers", "base", "tuned", "--score", "opposition"), "add --unaligned"),
    "a weight too large": (("ensemble", "base", "tuned", "--weight", "2"), "from 0 to 1"),
    "a bad address": (("ensemble", "base", "tuned", "--serve", "here"), "HOST:PORT"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence_and_writes_nothing(say: Callable[..., Said], mistake: str) -> None:
    arguments, sentence = MISTAKES[mistake]
    said = say(*arguments, "-o", "out")
    assert said.code == 2
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1
    assert not Path("out").exists()


def test_an_ensemble_for_nothing_is_refused(say: Callable[..., Said]) -> None:
    said = say("ensemble", "base", "tuned")
    assert (said.code, "Say what to do with the ensemble" in said.err) == (2, True)


def test_an_output_that_exists_is_refused(say: Callable[..., Said]) -> None:
    said = say("scale", "base", "tuned", "-o", "tuned")
    assert (said.code, "exists already" in said.err) == (2, True)
