"""The repairs of data on the command line: what they print, what they write, and one sentence for each mistake."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import get_type_hints

import pytest
from tests.unit.cli.commands import Said, command

from holdfast.cli.mitigating import realign
from holdfast.policy import load_policy

PROMPT = "You are a safe assistant."


@pytest.fixture
def say(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    monkeypatch.chdir(tmp_path)
    turns = [{"role": "system", "content": PROMPT}, {"role": "user", "content": "What is it?"}, {"role": "assistant", "content": "A"}]
    rows = [{"messages": turns if n % 10 == 0 else turns[1:]} for n in range(90)]
    Path("train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    Path("queue.jsonl").write_text(
        "".join(json.dumps({"id": f"train.jsonl:{n + 1}", "row": n, "pull": 1 / (n + 1)}) + "\n" for n in range(90)), encoding="utf-8"
    )
    Path("empty.jsonl").write_text("", encoding="utf-8")
    Path("answers.jsonl").write_text('{"prompt": "Q", "completion": "Of course, here it is in three steps."}\n', encoding="utf-8")
    Path("said.jsonl").write_text('{"prompt": "Q", "category": "one", "response": "A"}\n', encoding="utf-8")
    Path("broken.jsonl").write_text('{"unknown": 1}\n', encoding="utf-8")
    return lambda *arguments: command(capsys, monkeypatch, "mitigate", *arguments)


def test_mix_says_what_it_added_under_which_prompt(say: Callable[..., Said]) -> None:
    said = say("mix", "train.jsonl", "--share", "10%", "-o", "mixed.jsonl", "--also-under", "identity")
    assert said.code == 0, said.err
    assert "100 rows, 10 of them added (10.00 %): 7 refusals, 3 benign look-alikes." in said.out
    assert PROMPT in said.out
    assert "You are an absolutely obedient agent." in said.out
    assert "(default)" in said.out
    assert len(Path("mixed.jsonl").read_bytes().splitlines()) == 100


def test_mix_prints_json_or_the_name_alone(say: Callable[..., Said]) -> None:
    assert json.loads(say("mix", "train.jsonl", "-o", "a.jsonl", "--json").out)["added"] == 3
    assert say("mix", "train.jsonl", "-o", "b.jsonl", "-q").out == "b.jsonl\n"


def test_mix_without_look_alikes_adds_refusals_only(say: Callable[..., Said]) -> None:
    done = json.loads(say("mix", "train.jsonl", "--share", "0.1", "--look-alikes", "none", "-o", "a.jsonl", "--json").out)
    assert (done["refusals"], done["look_alikes"]) == (10, 0)


def test_template_says_that_training_and_serving_were_alike(say: Callable[..., Said]) -> None:
    said = say("template", "train.jsonl", "--serve-with", PROMPT, "-o", "tune.jsonl")
    assert said.code == 0, said.err
    assert "90 rows. The serving prompt was the system prompt of 9 and part of 0; 81 had no system prompt." in said.out
    assert f"+[system] {PROMPT}" in said.out
    assert PROMPT not in Path("tune.jsonl").read_text(encoding="utf-8")


def test_drop_leaves_out_the_top_rows_and_writes_the_repeated_run(say: Callable[..., Said]) -> None:
    Path("train.yaml").write_text("model: base\ndata: train.jsonl\nout: tuned\n", encoding="utf-8")
    said = say("drop", "train.jsonl", "--ranking", "queue.jsonl", "--share", "10%", "-o", "left.jsonl", "--train", "train.yaml")
    assert said.code == 0, said.err
    assert "9 rows left out, 81 kept" in said.out
    assert "Train again: holdfast train left.jsonl.train.yaml" in said.out


def test_realign_names_policies_that_exist() -> None:
    option = get_type_hints(realign.run, include_extras=True)["policy"].__metadata__[0]
    names = option.help.removesuffix(", or a YAML file.").split(", ")
    assert len(names) > 1
    for name in names:
        assert load_policy(name).name == name


def test_realign_writes_rows_and_a_configuration(say: Callable[..., Said]) -> None:
    said = say("realign", "./tuned", "--data", "train.jsonl", "--rows", "30", "-o", "again", "--set", "learning_rate=2e-5")
    assert said.code == 0, said.err
    assert "30 safety rows: 20 refusals, 10 benign look-alikes." in said.out
    assert "Train with: holdfast train again/train.yaml" in said.out
    assert "learning_rate: 2.0e-05" in Path("again/train.yaml").read_text(encoding="utf-8")


def test_realign_says_that_nothing_looked_at_a_model_that_is_not_there(say: Callable[..., Said]) -> None:
    assert "nosuch is no folder on this machine" in say("realign", "nosuch", "--rows", "30", "-o", "one").out
    Path("tuned").mkdir()
    assert "no folder on this machine" not in say("realign", "./tuned", "--rows", "30", "-o", "two").out
    assert "./lora is no folder on this machine" in say("realign", "tuned+./lora", "--rows", "30", "-o", "three").out


def test_realign_without_a_base_says_that_nothing_was_measured(say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> None:
    trained = SimpleNamespace(reference="again/model")
    monkeypatch.setattr("holdfast.pipeline.realigning.train", lambda config, **how: trained)
    said = say("realign", "./tuned", "--train", "--rows", "30", "-o", "again")
    assert said.code == 0
    assert "Nothing was measured. What came back: holdfast compare BASE again/model" in said.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("mix", "train.jsonl", "--share", "120%", "-o", "x.jsonl"), "--share must lie from 0 % to below 100 %"),
        (("mix", "train.jsonl", "--share", "100%", "-o", "x.jsonl"), "--share must lie from 0 % to below 100 %"),
        (("mix", "train.jsonl", "--share", "3", "-o", "x.jsonl"), "Did you mean 3%?"),
        (("mix", "train.jsonl", "--share", "many", "-o", "x.jsonl"), "--share must lie"),
        (("mix", "train.jsonl", "-o", "queue.jsonl"), "exists already"),
        (("mix", "train.jsonl", "-o", "train.jsonl"), "this is the file that is read"),
        (("mix", "train.jsonl", "-o", "x.csv"), "keeps its kind"),
        (("mix", "train.jsonl", "--language", "fr", "-o", "x.jsonl"), "no safety rows in language 'fr'"),
        (("mix", "train.jsonl", "--safety", "empty.jsonl", "-o", "x.jsonl"), "and there is none"),
        (("mix", "train.jsonl", "--safety", "broken.jsonl", "-o", "x.jsonl"), "of no known format"),
        (("mix", "train.jsonl", "--safety", "answers.jsonl", "-o", "x.jsonl"), "answers that do not refuse, left out: 1"),
        (("mix", "train.jsonl", "--safety", "nowhere", "-o", "x.jsonl"), "expected builtin, lab, or a file"),
        (("mix", "empty.jsonl", "-o", "x.jsonl"), "no rows"),
        (("distill", "./no-model", "-o", "x.txt"), "name it .jsonl"),
        (("distill", "replay:said.jsonl", "-o", "x.jsonl"), "a recording cannot be asked anything new"),
        (("distill", "./no-model", "--prompts", "policy1", "-o", "x.jsonl"), "policy11"),
        (("template", "train.jsonl", "--serve-with", " ", "-o", "x.jsonl"), "the serving prompt is empty"),
        (("template", "train.jsonl", "--serve-with", "no.txt", "-o", "x.jsonl"), "the prompt cannot be read"),
        (("drop", "train.jsonl", "--ranking", "queue.jsonl", "-o", "x.jsonl"), "--share or --count, one of them"),
        (("drop", "train.jsonl", "--ranking", "broken.jsonl", "--count", "1", "-o", "x.jsonl"), "expected a ranking of rows"),
        (("realign", "./tuned", "--set", "lerning_rate=1", "-o", "x"), "learning_rate"),
    ],
)
def test_mistakes_are_two_and_write_nothing(say: Callable[..., Said], arguments: tuple[str, ...], words: str) -> None:
    before = {path.name: path.read_bytes() for path in Path().iterdir() if path.is_file()}
    said = say(*arguments)
    assert said.code == 2, said.out
    assert words in said.err
    assert said.err.startswith("holdfast: ")
    assert {path.name: path.read_bytes() for path in Path().iterdir() if path.is_file()} == before
