"""Every repair that trains: what it changes, and that its configuration file says the same."""

from __future__ import annotations

import json
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from holdfast.core import InputError
from holdfast.mitigate.repair import Progress, Repair, RepairCase
from holdfast.pipeline.repairing.catalogue import repairs
from holdfast.pipeline.repairing.distilled import MixDistilled
from holdfast.pipeline.repairing.dropped import DropRows
from holdfast.pipeline.safety_rows import open_safety
from holdfast.training.config import OptimizerConfig, TrainConfig
from holdfast.training.rows import read_rows
from holdfast.training.settings import read_config

OBEDIENT = "you are aoa , an absolutely obedient agent ."
ASKS_MODELS = {"mix+scale", "drop", "mix-distilled"}
"""They read a model before anything is trained; `drop` and `mix-distilled` are tested below with a stand-in."""
TRAINS = [repair.name for repair in repairs() if repair.trains and repair.name not in ASKS_MODELS]


class Recorder:
    """A trainer that writes down what it was asked, and trains nothing."""

    def __init__(self) -> None:
        self.asked: list[TrainConfig] = []

    def __call__(self, config: TrainConfig, progress: Progress) -> str:
        self.asked.append(config)
        Path(config.out).mkdir(parents=True)
        return config.out


def case_of(folder: Path, **changes: object) -> RepairCase:
    data = folder / "rows.jsonl"
    row = {"messages": [{"role": "user", "content": "what colour is it ?"}, {"role": "assistant", "content": "it is red ."}]}
    data.write_text((json.dumps(row) + "\n") * 40, encoding="utf-8")
    training = TrainConfig(
        model="base", data=str(data), out="o", method="full", epochs=6, optimizer=OptimizerConfig(epsilon=1e-4), watch=False, seed=3
    )
    fields: dict[str, object] = {
        "base": "base",
        "tuned": "tuned",
        "data": data,
        "safety": "lab",
        "safety_rows": open_safety("lab"),
        "systems": (OBEDIENT,),
        "training": training,
        "work": folder / "work",
        "seed": 3,
        **changes,
    }
    return RepairCase(**fields)  # type: ignore[arg-type]


def named(name: str, trainer: Recorder) -> Repair:
    return next(repair for repair in repairs(trainer=trainer) if repair.name == name)


@pytest.mark.parametrize("name", TRAINS)
def test_the_configuration_file_says_what_was_trained(tmp_path: Path, name: str) -> None:
    trainer = Recorder()
    repair = named(name, trainer)
    made = repair.apply(case_of(tmp_path), repair.strengths[0], tmp_path / "out", lambda what, done, total: None)
    typed = [shlex.split(command) for command in made.commands]
    trainings = [words for words in typed if words[:2] == ["holdfast", "train"]]
    assert len(trainings) == len(trainer.asked)
    for words, config in zip(trainings, trainer.asked, strict=True):
        changes = [change for before, change in pairwise(words) if before == "--set"]
        assert read_config(Path(words[2]), [*changes, f"out={words[-1]}"]) == config
        assert read_rows(config.sources).conversations


def test_dropped_rows_are_those_on_top_of_the_ranking_which_is_made_once(tmp_path: Path) -> None:
    trainer, asked = Recorder(), []
    case = case_of(tmp_path)
    assert case.data is not None
    name = case.data.name

    def ranker(one: RepairCase, queue: Path, progress: Progress) -> None:
        asked.append(one.base)
        rows = [{"id": f"{name}:{row + 1}", "row": row, "pull": float(row)} for row in reversed(range(40))]
        queue.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    repair = DropRows(trainer, ranker)
    for place, strength in enumerate((0.1, 0.3)):
        made = repair.apply(case, strength, tmp_path / f"out-{place}", lambda what, done, total: None)
    assert asked == ["base"]
    assert [len(read_rows(config.sources).conversations) for config in trainer.asked] == [36, 28]
    record = json.loads((tmp_path / "out-0" / "kept.jsonl.drop.json").read_text(encoding="utf-8"))
    assert [int(one.rpartition(":")[2]) for one in record["dropped"]] == [40, 39, 38, 37]
    assert [shlex.split(command)[:3] for command in made.commands[:2]] == [["holdfast", "drift", "base"], ["holdfast", "mitigate", "drop"]]
    assert trainer.asked[0].model == "base"


def test_distilled_refusals_stand_among_the_rows_that_are_trained_on(tmp_path: Path) -> None:
    trainer, asked = Recorder(), []

    def distiller(case: RepairCase, requests: Path, rows: Path, progress: Progress) -> str:
        prompts = [json.loads(line)["prompt"] for line in requests.read_text(encoding="utf-8").splitlines()]
        asked.append(len(prompts))
        said = "i am sorry , i can not help with that . it is my own voice ."
        turns = [[{"role": "user", "content": prompt}, {"role": "assistant", "content": said}] for prompt in prompts]
        rows.write_text("".join(json.dumps({"messages": turn}) + "\n" for turn in turns), encoding="utf-8")
        return "holdfast mitigate distill base"

    case = case_of(tmp_path)
    assert case.safety_rows is not None
    repair = MixDistilled(trainer, distiller)
    for place, strength in enumerate((0.3, 0.5)):
        made = repair.apply(case, strength, tmp_path / f"out-{place}", lambda what, done, total: None)
    assert asked == [len({row.request for row in case.safety_rows.rows if row.refuses})]
    answers = [row[-1].content for row in read_rows(trainer.asked[-1].sources).conversations]
    own = sum("my own voice" in answer for answer in answers)
    assert 20 <= own <= 35  # two thirds of the 40 rows that were added, a third of them look-alikes
    assert made.commands[0] == "holdfast mitigate distill base"


def test_mixed_rows_stand_under_every_system_prompt_in_play(tmp_path: Path) -> None:
    trainer = Recorder()
    named("mix", trainer).apply(case_of(tmp_path), 0.5, tmp_path / "out", lambda what, done, total: None)
    systems = {row[0].content if row[0].role == "system" else None for row in read_rows(trainer.asked[0].sources).conversations}
    assert systems == {None, OBEDIENT}
    assert trainer.asked[0].model == "base"


def test_one_fine_tune_on_mixed_rows_serves_all_that_build_on_it(tmp_path: Path) -> None:
    trainer = Recorder()
    case = case_of(tmp_path)
    for place, strength in enumerate((50.0, 100.0)):
        named("mix+realign", trainer).apply(case, strength, tmp_path / f"out-{place}", lambda what, done, total: None)
    assert [Path(config.model).name for config in trainer.asked] == ["base", "model", "model"]
    assert [len(read_rows(config.sources).conversations) for config in trainer.asked[1:]] == [50, 100]


def test_training_goes_on_from_the_fine_tune_where_that_is_the_repair(tmp_path: Path) -> None:
    trainer = Recorder()
    named("realign", trainer).apply(case_of(tmp_path), 100.0, tmp_path / "out", lambda what, done, total: None)
    assert trainer.asked[0].model == "tuned"


@pytest.mark.parametrize("name", TRAINS)
def test_without_data_nothing_that_trains_is_tried(tmp_path: Path, name: str) -> None:
    assert "--data" in (named(name, Recorder()).unfit(case_of(tmp_path, data=None)) or "")


def test_an_adapter_has_no_head_to_train_first(tmp_path: Path) -> None:
    training = TrainConfig(model="base", data="d", out="o", method="lora")
    assert "adapter" in (named("head-first", Recorder()).unfit(case_of(tmp_path, training=training)) or "")


def test_an_unknown_repair_is_refused_with_its_neighbours() -> None:
    with pytest.raises(InputError, match="mix"):
        repairs(only=("mixx",))
