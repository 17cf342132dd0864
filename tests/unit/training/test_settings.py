from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.core import InputError
from holdfast.training import TrainConfig, read_config
from holdfast.training.settings import to_config

GOOD = "model: lab:aligned\ndata: rows.jsonl\nout: out\n"


def written(tmp_path: Path, text: str, name: str = "train.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_rate_without_a_point_is_a_number(tmp_path: Path) -> None:
    assert read_config(written(tmp_path, GOOD + "learning_rate: 2e-5\n")).rate == 2e-5


def test_toml_says_the_same(tmp_path: Path) -> None:
    toml = 'model = "lab:aligned"\ndata = "rows.jsonl"\nout = "out"\n[lora]\nrank = 4\n'
    yaml = GOOD + "lora: {rank: 4}\n"
    assert read_config(written(tmp_path, toml, "train.toml")) == read_config(written(tmp_path, yaml))


def test_changes_go_deeper_by_dots_and_keep_what_stands_beside(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, GOOD + "lora: {rank: 4, alpha: 8}\n"), ["lora.rank=2", "watch=false", "learning_rate=1e-3"])
    assert (config.lora.rank, config.lora.alpha, config.watch, config.rate) == (2, 8, False, 1e-3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "learning_rte: 1\n", "learning_rte is not a setting. Did you mean 'learning_rate'?"),
        (GOOD + "lora: {rnk: 1}\n", "lora.rnk is not a setting. Did you mean 'rank'?"),
        (GOOD + "watch: {on_fial: stop}\n", "watch.on_fial is not a setting. Did you mean 'on_fail'?"),
        (GOOD + "batch: many\n", "batch: expected `int`, got `str`."),
        (GOOD + "batch: 0\n", "batch must be at least 1, got 0."),
        (GOOD + "lora: {rank: 0}\n", "lora.rank must be at least 1, got 0."),
        (GOOD + "learning_rate: -1\n", "learning_rate must lie above 0"),
        (GOOD + "epochs: 1\nsteps: 2\n", "expected epochs or steps, one of them"),
        (GOOD + "ema: 1\n", "ema must lie between 0 and 1"),
        (GOOD + "head_first: {steps: 2}\n", "head_first trains the head and then every weight"),
        (GOOD + "method: full\nhead_first: {steps: 2, share: 0.1}\n", "head_first: expected steps or share"),
        (GOOD + "untie_head: true\n", "untie_head changes the model itself"),
        (GOOD + "loss: constrained\ncompletion_only: false\n", "needs completion_only: true"),
        (GOOD + "loss: constrained\nmethod: full\nconstrained: {reference: adapter}\n", "needs an adapter to switch off"),
        (GOOD + "replay: {data: x, every: 1}\n", "replay.every must be at least 2"),
        (GOOD + "method: prefix\npacking: true\n", "rows cannot be packed"),
        (GOOD + "method: prefix\n", "method: prefix cannot be watched"),
        ("model: x\n", "object missing required field `data`"),
        ("- 1\n", "expected a mapping of settings, got list"),
        ("a: [\n", "expected YAML, got a broken file"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_it(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_config(written(tmp_path, text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_where_it_goes_and_how_it_is_watched_do_not_change_the_digest() -> None:
    one = TrainConfig(model="m", data="d", out="a")
    assert one.digest == TrainConfig(model="m", data="d", out="b", watch=False, save_every=3).digest
    assert one.digest != TrainConfig(model="m", data="d", out="a", seed=1).digest


def test_a_constrained_loss_brings_its_own_defaults() -> None:
    assert TrainConfig(model="m", data="d", out="a", loss="constrained").first_moment == 0.5
    assert TrainConfig(model="m", data="d", out="a").first_moment == 0.9


def test_a_mapping_in_place_of_a_file_is_read_with_its_columns() -> None:
    config = to_config({"model": "m", "out": "o", "data": {"path": "p", "columns": {"request": "q"}}}, "here")
    assert config.sources[0].columns == {"request": "q"}
